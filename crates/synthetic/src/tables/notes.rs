//! Sentences that staff write beside what they code. Many hold characters that have to be escaped
//! or need more than ASCII, because records do.

/// Notes that fit any entry.
pub(crate) const ALL: &[&str] = &[
    "Discussed with patient; happy with plan.",
    "Seen with daughter, who helps with tablets & appointments.",
    "Temp 38.4°C at the time, SpO₂ 94% on air.",
    "BP < 130/80 at home on most days.",
    "eGFR > 60, so no dose change needed.",
    "Patient says \"much better since the change\".",
    "To be repeated in 3/12 – sooner if symptoms return.",
    "Letter received from hospital, scanned to notes.",
    "Stable. Continue as before.",
    "Wt ↓ 2 kg; appetite fair, no red flags.",
    "Dose was reduced from 50µg to 25µg because of palpitations.",
    "Declined referral at present; knows how to get in touch.",
    "Safety-netting advice given & understood.",
    "Did not attend twice, text sent.",
    "Uses a blister pack from O'Hara's pharmacy.",
    "BSA affected approx. 1.5 m².",
    "Reviewed by pharmacist; see also \"Medication review\".",
    "Café au lait patches noted on examination.",
    "On examination: chest clear, heart sounds normal, no ankle swelling.",
    "Wife (Mrs D.) to ring with results of home readings.",
    "Result phoned through by the lab; patient informed the same day.",
    "Previously coded elsewhere with a different date.",
    "Risk score 12.5% (10-year), <20% but statin offered & accepted.",
    "Advised to stop 48h before contrast if eGFR <30.",
];

/// Paragraphs of a letter or a longer consultation.
pub(crate) const PARAGRAPHS: &[&str] = &[
    "Thank you for asking us to see this patient, whose symptoms have settled since the change of treatment in spring.",
    "The scan shows no change against the one of last year. A lesion of < 5 mm in the left lobe was seen before & needs no follow-up.",
    "We suggest that the dose stays as it is, with blood tests (U&E, LFT) every 6 months and a review here in one year.",
    "There was some confusion about which tablets to take; the list below was gone through together and the old ones were returned to the pharmacy.",
    "Mobility is limited to about 50 yards on the flat. A walking frame has been supplied and a referral made to the falls service.",
    "The patient's own words were: \"I'd rather be at home, come what may\". The family agrees.",
    "Overnight the temperature fell from 39.1°C to 37.2°C and the CRP from 180 to 24 mg/L; discharge followed on the third day.",
    "No further appointment has been made. Please refer again if weight falls by > 3 kg or if new symptoms arise.",
];
