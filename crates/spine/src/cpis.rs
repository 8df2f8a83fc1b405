//! Child Protection - Information Sharing (CP-IS): what local authorities upload is shown to staff
//! of unscheduled care, and they are told who looked.
//!
//! [`rights`] says whether and how a user may look, `history` what an access leaves behind and who
//! is told of it; `query` answers questions over either transport with that.

mod history;
pub mod rights;

use domain::CheckDigit;

/// What an operator may decide about CP-IS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CpisConfig {
    /// Whether the check digit of an NHS number in a query must be right. Published test packs
    /// have numbers whose check digits are wrong.
    pub check_digit: CheckDigit,
    /// Whether answers list all accesses in one `pertinentInformation13`, as samples of the
    /// national service do against their schema. Otherwise each stands in one of its own.
    pub legacy_history_shape: bool,
    /// Whether users who are not in the user directory are refused. Otherwise their own Spine
    /// is believed, and only those who are listed are checked.
    pub require_known_users: bool,
    /// Whether authorities are told of every unscheduled query. Otherwise, of several within a day
    /// by the same author, of the first.
    pub notices_within_a_day: bool,
}
