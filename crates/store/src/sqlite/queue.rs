//! The queue in front of the writer, and how long it lets a group grow.
//!
//! Whoever waits for a flush is woken by it, does something else, and comes back with the next
//! commit. So after a group of several there are soon about as many again: those just answered, and
//! those that came while the flush went on. The writer waits for that number, for a bounded time.
//! After a group of one it waits for nobody: a lone caller never pays for company it does not have.
//! The writer is woken once a group, not once a commit.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::StoreError;

/// What waits for the writer.
pub(super) struct Queue<T> {
    limit: usize,
    state: Mutex<State<T>>,
    ready: Condvar,
}

impl<T> std::fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

struct State<T> {
    waiting: VecDeque<T>,
    /// How many must be waiting for the writer to be woken.
    wanted: usize,
    /// Something among them is not to wait for company.
    pressing: bool,
    closed: bool,
}

impl<T> State<T> {
    fn is_ready(&self) -> bool {
        self.waiting.len() >= self.wanted || self.pressing || self.closed
    }
}

impl<T> Queue<T> {
    /// One that holds so many.
    pub(super) fn new(limit: usize) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            wanted: 1,
            pressing: false,
            closed: false,
        };
        Self {
            limit: limit.max(1),
            state: Mutex::new(state),
            ready: Condvar::new(),
        }
    }

    /// Puts it at the end, if there is room.
    pub(super) fn push(&self, one: T) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.closed {
            return Err(StoreError::Closed);
        }
        if state.waiting.len() >= self.limit {
            return Err(StoreError::Busy);
        }
        state.waiting.push_back(one);
        self.wake(state);
        Ok(())
    }

    /// Puts it at the end, whether or not there is room, and lets no group before it grow.
    pub(super) fn press(&self, one: T) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.closed {
            return Err(StoreError::Closed);
        }
        state.waiting.push_back(one);
        state.pressing = true;
        self.wake(state);
        Ok(())
    }

    /// Nothing more may come. What is there can still be taken.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        self.wake(state);
    }

    /// Nothing more may come, and nothing is taken any more.
    pub(super) fn abandon(&self) {
        let mut state = self.state();
        state.closed = true;
        let dropped = std::mem::take(&mut state.waiting);
        drop(state);
        // Whoever waits for one of them hears of it, and may ask again at once.
        drop(dropped);
    }

    /// The next ones, `limit` at most; waits until there is one. After a group of several it
    /// waits for as many as may come now, for `patience` at most. `None` when it is closed and
    /// empty.
    pub(super) fn take(&self, limit: usize, last: usize, patience: Duration) -> Option<Vec<T>> {
        let mut state = self.state();
        if last > 1 && !patience.is_zero() {
            let known = last + state.waiting.len();
            state.wanted = known.min(limit).min(self.limit);
            let waited = self
                .ready
                .wait_timeout_while(state, patience, |state| !state.is_ready());
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.wanted = 1;
        let waited = self.ready.wait_while(state, |state| !state.is_ready());
        state = waited.unwrap_or_else(PoisonError::into_inner);
        // While the writer is at work it need not be woken.
        state.wanted = usize::MAX;
        let count = state.waiting.len().min(limit);
        state.pressing &= count < state.waiting.len();
        let taken: Vec<T> = state.waiting.drain(..count).collect();
        (!taken.is_empty()).then_some(taken)
    }

    fn wake(&self, state: MutexGuard<'_, State<T>>) {
        let ready = state.is_ready();
        drop(state);
        if ready {
            self.ready.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing panics while the lock is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(20);

    fn holding(count: u32) -> Queue<u32> {
        let queue = Queue::new(100);
        (0..count).for_each(|one| queue.push(one).expect("room"));
        queue
    }

    #[test]
    fn a_group_of_one_is_followed_by_what_is_there() {
        for last in [0, 1] {
            assert_eq!(holding(1).take(9, last, LONG), Some(vec![0]));
            assert_eq!(holding(3).take(9, last, LONG), Some(vec![0, 1, 2]));
        }
        assert_eq!(holding(3).take(2, 1, LONG), Some(vec![0, 1]));
        assert_eq!(holding(3).take(9, 7, Duration::ZERO), Some(vec![0, 1, 2]));
    }

    /// Takes after a group of `last`, while one after the other comes; tells how many were taken, and
    /// how many had come before that.
    fn take_while_they_come(there: u32, last: usize, limit: usize) -> usize {
        let queue = holding(there);
        thread::scope(|scope| {
            let taken = scope.spawn(|| queue.take(limit, last, LONG).map(|taken| taken.len()));
            for one in there.. {
                if taken.is_finished() {
                    break;
                }
                // Whoever comes too late for the group is in the queue.
                let _ = queue.push(one);
                thread::yield_now();
            }
            taken.join().expect("no panic").expect("open")
        })
    }

    #[test]
    fn a_group_grows_to_those_answered_and_those_that_waited() {
        for (there, last, limit, expected) in
            [(0, 2, 9, 2), (1, 2, 9, 3), (3, 4, 90, 7), (3, 8, 5, 5)]
        {
            let taken = take_while_they_come(there, last, limit);
            assert!(
                (expected..=limit).contains(&taken),
                "{there}, {last}: {taken}"
            );
        }
    }

    #[test]
    fn patience_ends() {
        assert_eq!(holding(1).take(9, 5, SHORT), Some(vec![0]));
    }

    #[test]
    fn with_nobody_there_it_waits_for_one() {
        let queue = Queue::new(1);
        let (sender, taken) = channel();
        thread::scope(|scope| {
            scope.spawn(|| sender.send(queue.take(9, 5, Duration::from_millis(1))));
            let nothing = taken.recv_timeout(SHORT);
            assert_eq!(nothing, Err(RecvTimeoutError::Timeout));
            queue.push(7).expect("room");
            assert_eq!(taken.recv(), Ok(Some(vec![7])));
        });
    }

    #[test]
    fn what_presses_ends_the_wait_and_so_does_the_end() {
        let queue = holding(1);
        queue.press(1).expect("open");
        assert_eq!(queue.take(1, 5, LONG), Some(vec![0]));
        assert_eq!(queue.take(1, 5, LONG), Some(vec![1]));
        queue.push(2).expect("open");
        assert_eq!(queue.take(9, 5, SHORT), Some(vec![2]));
        queue.push(3).expect("open");
        queue.close();
        assert_eq!(queue.push(4), Err(StoreError::Closed));
        assert_eq!(queue.press(4), Err(StoreError::Closed));
        assert_eq!(queue.take(9, 5, LONG), Some(vec![3]));
        assert_eq!(queue.take(9, 5, LONG), None);
    }

    #[test]
    fn full_is_busy_and_abandoned_is_closed() {
        let queue = Queue::new(2);
        assert_eq!(queue.push(1), Ok(()));
        assert_eq!(queue.push(2), Ok(()));
        assert_eq!(queue.push(3), Err(StoreError::Busy));
        assert_eq!(queue.press(3), Ok(()));
        queue.abandon();
        assert_eq!(queue.push(4), Err(StoreError::Closed));
        assert_eq!(queue.take(9, 1, LONG), None);
    }
}
