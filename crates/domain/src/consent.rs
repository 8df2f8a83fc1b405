//! Consent to share, as the Access Control Service (ACS) of the Spine keeps it.
//!
//! Two settings per patient, *View* and *Store*, that Spine 2 always changes together. A setting
//! nobody made means *Ask*: the patient is to be asked at the point of care. `Yes` is a legacy
//! value that is treated as *Ask* wherever only "may it be shown" matters.

use serde::{Deserialize, Serialize};

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsentSetting {
    /// Express consent, recorded before the two-step model; read as [`ConsentSetting::Ask`].
    Yes,
    /// The patient dissents.
    No,
    /// Nothing was recorded.
    #[default]
    Ask,
}

/// A patient's consent to view and to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Consent {
    /// May the record be viewed?
    pub view: ConsentSetting,
    /// May a record be stored?
    pub store: ConsentSetting,
}

impl Consent {
    /// Both settings at one value, as Spine 2 writes them.
    pub fn both(setting: ConsentSetting) -> Self {
        Self {
            view: setting,
            store: setting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_set_is_to_be_asked() {
        let nothing = Consent::default();
        assert_eq!(nothing, Consent::both(ConsentSetting::Ask));
        assert_eq!(nothing.view, ConsentSetting::Ask);
    }

    #[test]
    fn stored_forms_stay() {
        for (setting, stored) in [
            (ConsentSetting::Yes, r#"{"view":"yes","store":"yes"}"#),
            (ConsentSetting::No, r#"{"view":"no","store":"no"}"#),
            (ConsentSetting::Ask, r#"{"view":"ask","store":"ask"}"#),
        ] {
            let consent = Consent::both(setting);
            assert_eq!(serde_json::to_string(&consent).expect("plain data"), stored);
            assert_eq!(
                serde_json::from_str::<Consent>(stored).expect("as written"),
                consent
            );
        }
        assert!(serde_json::from_str::<Consent>(r#"{"view":"maybe","store":"no"}"#).is_err());
    }
}
