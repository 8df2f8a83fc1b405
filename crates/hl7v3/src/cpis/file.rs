//! The files of local authorities: uploads, their acknowledgements and the notices
//! that go back.
