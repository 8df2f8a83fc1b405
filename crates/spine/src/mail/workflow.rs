//! What files are for. The national workflow ids of CP-IS are not published, so those here are our
//! own and may be configured.

/// The workflow ids of CP-IS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflows {
    /// A local authority's upload (REPC_MT000002GB01).
    pub upload: String,
    /// The acknowledgement of an upload (REPC_MT000003GB01).
    pub acknowledgement: String,
    /// Access to Service Notifications (REPC_MT000004GB01).
    pub access: String,
    /// Inactive NHS Number Notifications (REPC_MT000005GB01).
    pub inactive: String,
    /// Ids under which clients upload that are too old: their files are answered with CPF06.
    pub obsolete: Vec<String>,
}

impl Default for Workflows {
    fn default() -> Self {
        Self {
            upload: "CPIS_UPLOAD".to_owned(),
            acknowledgement: "CPIS_UPLOAD_ACK".to_owned(),
            access: "CPIS_ASN".to_owned(),
            inactive: "CPIS_INACTIVE".to_owned(),
            obsolete: Vec::new(),
        }
    }
}

impl Workflows {
    /// Whether it is for an upload, from a client of whatever age.
    pub fn is_upload(&self, workflow: &str) -> bool {
        workflow == self.upload || self.is_obsolete(workflow)
    }

    /// Whether it is for an upload from a client that is too old.
    pub fn is_obsolete(&self, workflow: &str) -> bool {
        self.obsolete.iter().any(|old| old == workflow)
    }

    /// What a file is called in audit, logs and metrics: as the interactions are, or `mail` for
    /// any that is none of ours.
    pub fn operation(&self, workflow: &str) -> &'static str {
        match workflow {
            _ if self.is_upload(workflow) => UPLOAD,
            _ if workflow == self.acknowledgement => ACKNOWLEDGEMENT,
            _ if workflow == self.access => ACCESS,
            _ if workflow == self.inactive => INACTIVE,
            _ => MAIL,
        }
    }
}

/// An upload.
pub(crate) const UPLOAD: &str = "REPC_IN000002GB01";
/// The acknowledgement of an upload.
pub(crate) const ACKNOWLEDGEMENT: &str = "REPC_IN000003GB01";
/// Access to Service Notifications.
pub(crate) const ACCESS: &str = "REPC_IN000004GB01";
/// Inactive NHS Number Notifications.
pub(crate) const INACTIVE: &str = "REPC_IN000005GB01";
/// Any other use of a mailbox.
pub(crate) const MAIL: &str = "mail";

/// The interaction that a system is registered for if it may upload (SDS lists no other for it).
pub(crate) const MAY_UPLOAD: &str = "urn:nhs:names:services:cpisupload:REPC_IN000002SM01";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_workflow_has_a_name_in_the_audit() {
        let workflows = Workflows {
            obsolete: vec!["CPIS_V1".to_owned()],
            ..Workflows::default()
        };
        for (workflow, operation) in [
            ("CPIS_UPLOAD", UPLOAD),
            ("CPIS_V1", UPLOAD),
            ("CPIS_UPLOAD_ACK", ACKNOWLEDGEMENT),
            ("CPIS_ASN", ACCESS),
            ("CPIS_INACTIVE", INACTIVE),
            ("cpis_upload", MAIL),
            ("", MAIL),
        ] {
            assert_eq!(workflows.operation(workflow), operation, "{workflow}");
        }
        assert!(workflows.is_obsolete("CPIS_V1") && !workflows.is_obsolete("CPIS_UPLOAD"));
    }
}
