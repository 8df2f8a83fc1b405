//! The templates of uploads (NPFIT-100017#Act, NPFIT-100035#Role): their numbers, classes and dates.

use domain::cpis::PlanType;

use crate::cpis::answer::Role;

/// What a plan's dates are in: its start, end and withdrawal.
pub(super) const COMPONENTS: [&str; 3] = ["component", "component1", "component2"];

/// A plan's template, its class, and the names of its start, end and withdrawal.
pub(super) const fn plan_template(
    kind: PlanType,
) -> (&'static str, &'static str, [&'static str; 3]) {
    match kind {
        PlanType::LookedAfter => (
            "COCT_TP146100GB01",
            "LACInformation",
            ["lACStartDate", "lACEndDate", "lACDeleteDate"],
        ),
        PlanType::ChildProtection => (
            "COCT_TP146101GB01",
            "CPPInformation",
            ["cPPStartDate", "cPPEndDate", "cPPDeleteDate"],
        ),
        PlanType::Unborn => (
            "COCT_TP146102GB01",
            "UCPInformation",
            ["uCPStartDate", "uCPEndDate", "uCPDeleteDate"],
        ),
    }
}

/// A subject's template and its class.
pub(super) const fn subject_template(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Child => ("COCT_TP145101GB01", "Child"),
        Role::Mother => ("COCT_TP145100GB01", "UnbornChild"),
    }
}

/// Whether an element is called as some date of some kind of plan is.
pub(super) fn is_date(name: &str) -> bool {
    let mut kinds = PlanType::ALL.into_iter().map(plan_template);
    kinds.any(|(_, _, dates)| dates.contains(&name))
}
