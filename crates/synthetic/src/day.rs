//! Days as messages and as people write them.

use jiff::ToSpan;
use jiff::civil::Date;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `01 May 2019`
pub(crate) fn written(day: Date) -> String {
    let month = MONTHS[usize::from(day.month().unsigned_abs()) - 1];
    format!("{:02} {month} {:04}", day.day(), day.year())
}

/// `20190501`
pub(crate) fn digits(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())
}

/// So many days earlier.
pub(crate) fn before(day: Date, days: u32) -> Date {
    day.saturating_sub(i64::from(days).days())
}

/// So many days later.
pub(crate) fn after(day: Date, days: u32) -> Date {
    day.saturating_add(i64::from(days).days())
}

/// First day of the period of so many months that ends with `last`.
pub(crate) fn period_start(last: Date, months: i32) -> Date {
    after(last.saturating_sub(months.months()), 1)
}

/// Days from one to the other, none if they are in the other order.
pub(crate) fn days_between(from: Date, to: Date) -> u32 {
    from.until(to)
        .map_or(0, |span| u32::try_from(span.get_days()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn forms_and_sums() {
        assert_eq!(written(date(2019, 5, 1)), "01 May 2019");
        assert_eq!(digits(date(2019, 5, 1)), "20190501");
        assert_eq!(before(date(2020, 3, 1), 1), date(2020, 2, 29));
        assert_eq!(period_start(date(2020, 4, 30), 12), date(2019, 5, 1));
        assert_eq!(days_between(date(2020, 1, 1), date(2021, 1, 1)), 366);
        assert_eq!(days_between(date(2021, 1, 1), date(2020, 1, 1)), 0);
    }
}
