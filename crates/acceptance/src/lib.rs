//! Acceptance tests of any SCR SMSP, as data, run over the wire.
