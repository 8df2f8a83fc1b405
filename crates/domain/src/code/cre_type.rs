//! Care record element (CRE) types: the sections of a GP Summary (SNOMED CT).
