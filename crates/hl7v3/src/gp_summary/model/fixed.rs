//! What the schemas fix: templates, flags, and the codes of acts that have only one.

use domain::oid;

use super::node::Fixed;

macro_rules! fixed {
    ($($(#[$doc:meta])* $name:ident: $element:literal [$($attribute:literal = $value:expr),*];)*) => {$(
        $(#[$doc])*
        pub(super) static $name: Fixed = Fixed {
            name: $element,
            attributes: &[$(($attribute, $value)),*],
        };
    )*};
}

fixed! {
    SEPARABLE: "seperatableInd" ["value" = "true"];
    INSEPARABLE: "seperatableInd" ["value" = "false"];

    EXCERPT: "templateId" ["root" = oid::TEMPLATE, "extension" = "CSAT_RM-NPfITUK10.excerptFrom"];
    INFORMATION: "templateId" [
        "root" = oid::TEMPLATE, "extension" = "CSAB_RM-NPfITUK10.pertinentInformation1"
    ];
    COMPONENT: "templateId" ["root" = oid::TEMPLATE, "extension" = "CSAB_RM-NPfITUK10.component"];
    SOURCE_OF_2: "templateId" ["root" = oid::TEMPLATE, "extension" = "CSAB_RM-NPfITUK10.sourceOf2"];

    DOCUMENTATION: "code" [
        "code" = "163171000000105", "codeSystem" = oid::SNOMED_CT,
        "displayName" = "Care Professional Documentation"
    ];
    SUPPORTING_TEXT: "code" [
        "code" = "SupportingText", "codeSystem" = oid::TEXT_TYPE,
        "displayName" = "Supporting Text"
    ];
    DOSE: "code" [
        "code" = "DI", "codeSystem" = oid::PRESCRIPTION_ANNOTATION,
        "displayName" = "Dose Instructions"
    ];
    ADMINISTRATION: "code" [
        "code" = "AD", "codeSystem" = oid::PRESCRIPTION_ANNOTATION,
        "displayName" = "Medication administration Instructions"
    ];
    QUANTITY: "code" [
        "code" = "246205007", "codeSystem" = oid::SNOMED_CT, "displayName" = "Quantity"
    ];
    DURATION: "code" [
        "code" = "228864003", "codeSystem" = oid::SNOMED_CT,
        "displayName" = "Duration of Course of Treatment"
    ];
}
