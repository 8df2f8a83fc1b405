//! Reading a whole body, no further than a cap.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

/// Why there is no whole body.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// It is larger than the cap.
    TooLarge,
    /// The connection ended or broke HTTP.
    Broken(hyper::Error),
}

/// The length a body is known to have beforehand, bytes.
pub(crate) fn declared(body: &Incoming) -> Option<u64> {
    body.size_hint().exact()
}

/// Reads a body to its end. One that is declared too large is not begun; one that turns out so is
/// left where it is. A body that came in one piece is not copied.
pub(crate) async fn collect(mut body: Incoming, cap: usize) -> Result<Bytes, BodyError> {
    let declared = declared(&body).map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    if declared.is_some_and(|length| length > cap) {
        return Err(BodyError::TooLarge);
    }
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // Trailers mean nothing here.
        let Ok(data) = frame.map_err(BodyError::Broken)?.into_data() else {
            continue;
        };
        if first.len().max(all.len()) + data.len() > cap {
            return Err(BodyError::TooLarge);
        }
        if first.is_empty() && all.is_empty() {
            first = data;
            continue;
        }
        if all.is_empty() {
            all.reserve(declared.unwrap_or(first.len() + data.len()));
            all.extend_from_slice(&std::mem::take(&mut first));
        }
        all.extend_from_slice(&data);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}
