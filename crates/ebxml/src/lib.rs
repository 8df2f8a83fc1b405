//! ebXML Message Service 2.0: multipart envelopes, acknowledgments and error lists.
