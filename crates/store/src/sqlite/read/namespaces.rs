//! The namespaces around an element, as they are kept: JSON.
//!
//! Authors of documents have mostly the same, whoever they are: those of their system. So the ones
//! read last are at hand, and JSON that is the same is not read again.

/// Longer JSON is read and not kept.
const KEPT: usize = 4 * 1024;

type List = Vec<(String, String)>;

/// What was read last.
#[derive(Default)]
pub(super) struct Namespaces {
    json: String,
    list: List,
}

impl Namespaces {
    pub(super) fn read(&mut self, json: &str) -> Result<List, serde_json::Error> {
        // Before anything was read `json` is empty, which is no JSON.
        if json == self.json && !json.is_empty() {
            return Ok(self.list.clone());
        }
        let list: List = serde_json::from_str(json)?;
        if json.len() <= KEPT {
            json.clone_into(&mut self.json);
            list.clone_into(&mut self.list);
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_as_if_it_were_the_first() {
        let mut namespaces = Namespaces::default();
        let long = format!(r#"[["long","{}"]]"#, "x".repeat(KEPT));
        for json in [
            "",
            "[]",
            r#"[["","urn:hl7-org:v3"]]"#,
            r#"[["","urn:hl7-org:v3"]]"#,
            "[[1]]",
            r#"[["","urn:hl7-org:v3"]]"#,
            long.as_str(),
            long.as_str(),
            "",
            "[]",
        ] {
            let expected: Option<List> = serde_json::from_str(json).ok();
            assert_eq!(namespaces.read(json).ok(), expected, "{json}");
            assert!(namespaces.json.len() <= KEPT);
        }
    }
}
