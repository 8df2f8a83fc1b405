//! A stream that keeps the time of a connection's phases.
//!
//! It sees bytes, and [`Activity`] tells it whether a request is being answered. From both it
//! knows whether the connection is idle or in the middle of headers, and ends it when that takes
//! too long. Bodies and handlers keep their own time in `exchange`.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::HttpLimits;

/// What the exchange tells the stream. Both run in the connection's task, one after the other, so
/// no ordering between the fields is needed.
#[derive(Debug, Default)]
pub(super) struct Activity {
    /// Counts beginnings and ends of requests: odd while one is being answered.
    turn: AtomicU64,
    /// The answer was given before the request had been read to its end.
    unread: AtomicBool,
}

/// Marks a request as being answered, until dropped.
pub(super) struct Answering<'a>(&'a Activity);

impl Activity {
    pub(super) fn answering(&self) -> Answering<'_> {
        self.turn.fetch_add(1, Ordering::Relaxed);
        Answering(self)
    }

    pub(super) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.turn.fetch_add(1, Ordering::Relaxed);
    }
}

/// A stream that ends when a phase takes too long.
pub(super) struct Timed<S> {
    inner: S,
    activity: Arc<Activity>,
    header_timeout: Duration,
    idle_timeout: Duration,
    write_timeout: Duration,
    linger: Duration,
    /// The turn that `in_headers` and `deadline` belong to.
    turn: u64,
    in_headers: bool,
    deadline: Option<Instant>,
    /// Wakes the task at `deadline` or before; moved only when it would wake too late or has
    /// rung, so that a busy connection touches no timer.
    alarm: Pin<Box<Sleep>>,
    /// Runs while the peer takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs after the end was sent to a peer that is still sending.
    lingering: Option<Pin<Box<Sleep>>>,
}

impl<S> Timed<S> {
    pub(super) fn new(inner: S, activity: Arc<Activity>, limits: &HttpLimits) -> Self {
        Self {
            inner,
            activity,
            header_timeout: limits.header_timeout,
            idle_timeout: limits.idle_timeout,
            write_timeout: limits.write_timeout,
            linger: limits.linger,
            turn: 0,
            in_headers: false,
            deadline: None,
            alarm: Box::pin(sleep(limits.idle_timeout)),
            stalled: None,
            lingering: None,
        }
    }

    /// Whether a request is being answered; a new turn begins without a deadline.
    fn is_answering(&mut self) -> bool {
        let turn = self.activity.turn.load(Ordering::Relaxed);
        if turn != self.turn {
            (self.turn, self.in_headers, self.deadline) = (turn, false, None);
        }
        turn % 2 == 1
    }

    fn bytes_came(&mut self) {
        if !self.is_answering() && !self.in_headers {
            self.in_headers = true;
            self.deadline = Some(Instant::now() + self.header_timeout);
        }
    }

    /// Nothing to read: has that been so for too long?
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_answering() {
            return Poll::Pending;
        }
        let idle = self.idle_timeout;
        let deadline = *self.deadline.get_or_insert_with(|| Instant::now() + idle);
        loop {
            if self.alarm.deadline() > deadline {
                self.alarm.as_mut().reset(deadline);
            }
            ready!(self.alarm.as_mut().poll(cx));
            if Instant::now() >= deadline {
                break;
            }
            self.alarm.set(sleep_until(deadline));
        }
        Poll::Ready(match self.in_headers {
            true => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the headers took too long",
            )),
            // As if the peer had closed its idle connection.
            false => Ok(()),
        })
    }

    /// Passes on the outcome of a write, unless the peer has taken nothing for too long.
    fn poll_stalled<T>(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let limit = self.write_timeout;
        let alarm = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(alarm.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the peer takes no answer",
        )))
    }
}

impl<S: AsyncRead + Unpin> Timed<S> {
    /// Reads and drops what a peer sends after its answer: closing on unread data would make its
    /// system throw the answer away.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let limit = self.linger;
        let mut space = [0; 4096];
        loop {
            let alarm = self.lingering.get_or_insert_with(|| Box::pin(sleep(limit)));
            if alarm.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut dropped = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut self.inner).poll_read(cx, &mut dropped)) {
                Ok(()) if !dropped.filled().is_empty() => {}
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.inner).poll_read(cx, buf) {
            Poll::Pending => self.poll_patience(cx),
            outcome => {
                if buf.filled().len() > before {
                    self.bytes_came();
                }
                outcome
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.poll_stalled(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.poll_stalled(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_flush(cx);
        self.poll_stalled(cx, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            let outcome = Pin::new(&mut self.inner).poll_shutdown(cx);
            ready!(self.poll_stalled(cx, outcome))?;
        }
        match self.activity.unread.load(Ordering::Relaxed) {
            true => self.poll_linger(cx),
            false => Poll::Ready(Ok(())),
        }
    }
}
