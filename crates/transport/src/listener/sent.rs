//! A body on its way out: whole, or broken off where a rehearsed failure wants it.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::Ending;

/// The connection is to close here: hyper closes it on an error.
#[derive(Debug, thiserror::Error)]
#[error("closed on purpose")]
pub(super) struct Dropped;

/// A body of known length.
pub(super) struct Sent {
    rest: Bytes,
    /// What is announced and never sent.
    withheld: u64,
    /// What there was to send has had its turn to go out.
    flushed: bool,
}

impl Sent {
    pub(super) fn new(mut body: Bytes, ending: Ending) -> Self {
        let withheld = match ending {
            Ending::Whole => 0,
            Ending::Dropped => body.len(),
            Ending::CutAfter(bytes) => body.len().saturating_sub(bytes),
        };
        body.truncate(body.len() - withheld);
        Self {
            rest: body,
            withheld: withheld as u64,
            flushed: false,
        }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        let body = self.get_mut();
        if !body.rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut body.rest)))));
        }
        if body.withheld == 0 {
            return Poll::Ready(None);
        }
        // An error throws away what hyper has not sent yet, so it gets a chance to.
        if !std::mem::replace(&mut body.flushed, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        body.withheld = 0;
        Poll::Ready(Some(Err(Dropped)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.withheld == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64 + self.withheld)
    }
}
