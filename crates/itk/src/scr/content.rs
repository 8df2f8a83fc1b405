//! Errors of content, kept back until the whole payload has been held against its schema.

use super::PayloadError;

/// Keeps the first error of content, so that a schema error anywhere in the payload outranks it.
#[derive(Debug, Default)]
pub(super) struct Content {
    first: Option<String>,
}

impl Content {
    /// The value; `None` when its content is wrong, which is kept. An error of schema goes on.
    pub(super) fn keep<T>(
        &mut self,
        result: Result<T, PayloadError>,
    ) -> Result<Option<T>, PayloadError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(PayloadError::Content(error)) => {
                self.first.get_or_insert(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// As [`Content::keep`], of a part that may be absent.
    pub(super) fn keep_optional<T>(
        &mut self,
        result: Option<Result<T, PayloadError>>,
    ) -> Result<Option<T>, PayloadError> {
        Ok(result
            .map(|result| self.keep(result))
            .transpose()?
            .flatten())
    }

    /// The first error, if there was one.
    pub(super) fn end(self) -> Result<(), PayloadError> {
        self.first
            .map_or(Ok(()), |error| Err(PayloadError::Content(error)))
    }
}

/// For a part that is missing although [`Content::end`] saw no error: it never is, since whatever
/// makes a part missing is kept as an error.
pub(super) fn incomplete() -> PayloadError {
    PayloadError::Content("the request is incomplete".into())
}
