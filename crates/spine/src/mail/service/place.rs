//! What a path asks for.

/// A mailbox, and what is to be done with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The id of the mailbox, as written.
    pub(super) mailbox: String,
    /// What is to be done.
    pub(super) what: What,
}

/// What can be done with a mailbox.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Say hello.
    Handshake,
    /// Count what waits.
    Count,
    /// List what waits.
    List,
    /// Fetch a chunk of a message.
    Fetch { id: String, chunk: u32 },
    /// Say that a message was fetched.
    Acknowledge { id: String },
    /// Send a message, or its first chunk.
    Send,
    /// Send a chunk of a message.
    SendChunk { id: String, chunk: u32 },
    /// Ask what became of a message.
    Track,
}

/// Why a path asks for nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// There is no such path.
    Path,
    /// There is, but not for this method; these are allowed.
    Method(&'static str),
}

impl Place {
    /// What a method and path ask for.
    pub(super) fn of(method: &str, path: &str) -> Result<Self, Wrong> {
        let rest = path.strip_prefix(super::PATH).ok_or(Wrong::Path)?;
        let rest = rest.strip_prefix('/').ok_or(Wrong::Path)?;
        let segments: Vec<&str> = rest.split('/').collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return Err(Wrong::Path);
        }
        let (mailbox, below) = segments.split_first().ok_or(Wrong::Path)?;
        let (allowed, what) = What::of(below).ok_or(Wrong::Path)?;
        match method == allowed {
            true => Ok(Self {
                mailbox: (*mailbox).to_owned(),
                what,
            }),
            false => Err(Wrong::Method(allowed)),
        }
    }
}

impl What {
    /// What the segments below a mailbox mean, and the method that they are for.
    fn of(below: &[&str]) -> Option<(&'static str, Self)> {
        let id = |id: &str| id.to_ascii_uppercase();
        Some(match below {
            [] => ("POST", Self::Handshake),
            ["count"] => ("GET", Self::Count),
            ["inbox"] => ("GET", Self::List),
            ["inbox", message, "status", "acknowledged"] => {
                ("PUT", Self::Acknowledge { id: id(message) })
            }
            ["inbox", message] => {
                let (id, chunk) = (id(message), 1);
                ("GET", Self::Fetch { id, chunk })
            }
            ["inbox", message, chunk] => {
                let (id, chunk) = (id(message), number(chunk)?);
                ("GET", Self::Fetch { id, chunk })
            }
            ["outbox"] => ("POST", Self::Send),
            ["outbox", "tracking"] => ("GET", Self::Track),
            ["outbox", message, chunk] => {
                let (id, chunk) = (id(message), number(chunk)?);
                ("POST", Self::SendChunk { id, chunk })
            }
            _ => return None,
        })
    }

    /// Its name in logs and metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Count => "count",
            Self::List => "list",
            Self::Fetch { .. } => "fetch",
            Self::Acknowledge { .. } => "acknowledge",
            Self::Send => "send",
            Self::SendChunk { .. } => "send chunk",
            Self::Track => "track",
        }
    }
}

/// A number as it stands in a path: digits only.
pub(super) fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_one_thing_or_nothing() {
        let id = "A-1".to_owned();
        for (method, path, expected) in [
            ("POST", "/messageexchange/mb", Ok(What::Handshake)),
            ("GET", "/messageexchange/mb", Err(Wrong::Method("POST"))),
            ("GET", "/messageexchange/mb/count", Ok(What::Count)),
            ("GET", "/messageexchange/mb/inbox", Ok(What::List)),
            (
                "GET",
                "/messageexchange/mb/inbox/a-1",
                Ok(What::Fetch {
                    id: id.clone(),
                    chunk: 1,
                }),
            ),
            (
                "GET",
                "/messageexchange/mb/inbox/A-1/12",
                Ok(What::Fetch {
                    id: id.clone(),
                    chunk: 12,
                }),
            ),
            (
                "PUT",
                "/messageexchange/mb/inbox/A-1/status/acknowledged",
                Ok(What::Acknowledge { id: id.clone() }),
            ),
            (
                "GET",
                "/messageexchange/mb/inbox/A-1/status/acknowledged",
                Err(Wrong::Method("PUT")),
            ),
            ("POST", "/messageexchange/mb/outbox", Ok(What::Send)),
            (
                "GET",
                "/messageexchange/mb/outbox/tracking",
                Ok(What::Track),
            ),
            (
                "POST",
                "/messageexchange/mb/outbox/a-1/2",
                Ok(What::SendChunk { id, chunk: 2 }),
            ),
            (
                "POST",
                "/messageexchange/mb/outbox/a-1/+2",
                Err(Wrong::Path),
            ),
            ("POST", "/messageexchange/mb/outbox/a-1/x", Err(Wrong::Path)),
            ("POST", "/messageexchange/mb/", Err(Wrong::Path)),
            ("POST", "/messageexchange//outbox", Err(Wrong::Path)),
            ("POST", "/messageexchange", Err(Wrong::Path)),
            ("POST", "/messageexchanges/mb", Err(Wrong::Path)),
            ("GET", "/messageexchange/mb/inbox/a/1/2", Err(Wrong::Path)),
        ] {
            let found = Place::of(method, path).map(|place| place.what);
            assert_eq!(found, expected, "{method} {path}");
        }
    }
}
