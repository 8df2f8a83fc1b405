//! Ids that follow from what a message is.

use sha2::{Digest, Sha256};

use super::post::length;

/// An id that follows from what these say, so that whoever comes to it again comes to the same
/// message: a UUID, upper case.
pub(crate) fn id_of(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length, so that parts cannot run into each other.
        hash.update(length(part).to_be_bytes());
        hash.update(part);
    }
    let mut half = [0; 16];
    let digest = hash.finalize();
    for (to, from) in half.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    let id = uuid::Builder::from_custom_bytes(half).into_uuid();
    id.hyphenated().to_string().to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_follows_from_its_parts() {
        let id = id_of(&[b"ab", b"c"]);
        assert_eq!(id, id_of(&[b"ab", b"c"]));
        assert_ne!(id, id_of(&[b"a", b"bc"]));
        assert_eq!((id.len(), id.to_uppercase()), (36, id.clone()));
        assert!(uuid::Uuid::parse_str(&id).is_ok());
    }
}
