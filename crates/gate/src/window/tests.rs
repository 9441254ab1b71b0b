use super::*;

fn window(text: &str, zone: &str) -> Window {
    let when = match text.strip_prefix("freeze ") {
        Some(text) => WindowTimes::Freeze(text.into()),
        None => WindowTimes::Allow(text.into()),
    };
    Window { when, timezone: zone.into(), reason: None }
}

fn standing(windows: &[(&str, &str)], at: &str) -> String {
    let windows: Vec<Window> = windows.iter().map(|(text, zone)| window(text, zone)).collect();
    match Windows::read(&windows).unwrap().at(at.parse().unwrap()) {
        Standing::Open { until: None } => "open".to_owned(),
        Standing::Open { until: Some(until) } => format!("open until {until}"),
        Standing::Closed { opens: None, .. } => "closed".to_owned(),
        Standing::Closed { opens: Some(opens), .. } => format!("closed until {opens}"),
    }
}

const BERLIN: &str = "Europe/Berlin";
const NEW_YORK: &str = "America/New_York";
const TOKYO: &str = "Asia/Tokyo";

const WINDOWS: &[(&str, &str, &str, &str)] = &[
    // Office hours in three zones, both edges.
    ("Mon-Thu 10:00-16:00", TOKYO, "2026-11-23T00:59:59Z", "closed until Mon 2026-11-23 10:00"),
    ("Mon-Thu 10:00-16:00", TOKYO, "2026-11-23T01:00:00Z", "open until Mon 2026-11-23 16:00"),
    ("Mon-Thu 10:00-16:00", TOKYO, "2026-11-23T06:59:59Z", "open until Mon 2026-11-23 16:00"),
    ("Mon-Thu 10:00-16:00", TOKYO, "2026-11-23T07:00:00Z", "closed until Tue 2026-11-24 10:00"),
    ("Mon-Thu 10:00-16:00", TOKYO, "2026-11-26T07:00:00Z", "closed until Mon 2026-11-30 10:00"),
    ("Mon-Thu 10:00-16:00", TOKYO, "2026-11-22T23:00:00Z", "closed until Mon 2026-11-23 10:00"),
    ("Mon-Thu 10:00-16:00", BERLIN, "2026-11-23T09:00:00Z", "open until Mon 2026-11-23 16:00"),
    ("Mon-Thu 10:00-16:00", NEW_YORK, "2026-11-23T09:00:00Z", "closed until Mon 2026-11-23 10:00"),
    ("Mon-Thu 10:00-16:00", "UTC", "2026-11-27T12:00:00Z", "closed until Mon 2026-11-30 10:00"),
    // The same hours in summer are another time.
    ("Mon-Thu 10:00-16:00", BERLIN, "2026-07-06T08:00:00Z", "open until Mon 2026-07-06 16:00"),
    ("Mon-Thu 10:00-16:00", BERLIN, "2026-11-23T08:00:00Z", "closed until Mon 2026-11-23 10:00"),
    // Whole days.
    ("Sat-Sun", BERLIN, "2026-11-27T22:59:59Z", "closed until Sat 2026-11-28 00:00"),
    ("Sat-Sun", BERLIN, "2026-11-27T23:00:00Z", "open until Mon 2026-11-30 00:00"),
    ("Sun", TOKYO, "2026-11-29T14:59:59Z", "open until Mon 2026-11-30 00:00"),
    ("Mon-Sun", TOKYO, "2026-11-29T14:59:59Z", "open"),
    ("Mon-Sun 00:00-24:00", BERLIN, "2026-03-29T01:00:00Z", "open"),
    ("10:00-16:00", "UTC", "2026-11-29T12:00:00Z", "open until Sun 2026-11-29 16:00"),
    // Over midnight, over the week's end, and until midnight.
    ("Mon,Wed 22:00-02:00", "UTC", "2026-11-23T22:00:00Z", "open until Tue 2026-11-24 02:00"),
    ("Mon,Wed 22:00-02:00", "UTC", "2026-11-24T01:59:59Z", "open until Tue 2026-11-24 02:00"),
    ("Mon,Wed 22:00-02:00", "UTC", "2026-11-24T02:00:00Z", "closed until Wed 2026-11-25 22:00"),
    ("Mon,Wed 22:00-02:00", "UTC", "2026-11-24T22:00:00Z", "closed until Wed 2026-11-25 22:00"),
    ("Sun 22:00-02:00", "UTC", "2026-11-23T01:00:00Z", "open until Mon 2026-11-23 02:00"),
    ("Sun 22:00-02:00", "UTC", "2026-11-24T01:00:00Z", "closed until Sun 2026-11-29 22:00"),
    ("Fri 15:00-24:00", "UTC", "2026-11-27T23:59:59Z", "open until Sat 2026-11-28 00:00"),
    ("Fri 15:00-00:00", "UTC", "2026-11-28T00:00:00Z", "closed until Fri 2026-12-04 15:00"),
    ("Fri-Mon 12:00-13:00", "UTC", "2026-11-24T12:30:00Z", "closed until Fri 2026-11-27 12:00"),
    ("Fri-Mon 12:00-13:00", "UTC", "2026-11-23T12:30:00Z", "open until Mon 2026-11-23 13:00"),
    // Several ranges.
    (
        "Mon 10:00-12:00,13:00-15:00",
        "UTC",
        "2026-11-23T12:30:00Z",
        "closed until Mon 2026-11-23 13:00",
    ),
    (
        "Mon 10:00-12:00; Tue 8:00-9:00",
        "UTC",
        "2026-11-23T12:30:00Z",
        "closed until Tue 2026-11-24 08:00",
    ),
    (
        "Mon 10:00-12:00;Mon 12:00-14:00",
        "UTC",
        "2026-11-23T11:00:00Z",
        "open until Mon 2026-11-23 14:00",
    ),
    // Forward: the clock shows 01:59, then 03:00.
    ("Sun 02:30-04:00", BERLIN, "2026-03-29T00:59:59Z", "closed until Sun 2026-03-29 03:00"),
    ("Sun 02:30-04:00", BERLIN, "2026-03-29T01:00:00Z", "open until Sun 2026-03-29 04:00"),
    ("Sun 02:00-03:00", BERLIN, "2026-03-29T00:30:00Z", "closed until Sun 2026-04-05 02:00"),
    ("Sun 01:00-02:30", BERLIN, "2026-03-29T00:30:00Z", "open until Sun 2026-03-29 03:00"),
    ("Sun 02:30-04:00", NEW_YORK, "2026-03-08T06:59:59Z", "closed until Sun 2026-03-08 03:00"),
    ("Sun 02:30-04:00", NEW_YORK, "2026-03-08T07:00:00Z", "open until Sun 2026-03-08 04:00"),
    ("Sat 23:00-03:30", BERLIN, "2026-03-29T01:15:00Z", "open until Sun 2026-03-29 03:30"),
    ("Sun 02:00-03:00", BERLIN, "2026-03-23T12:00:00Z", "closed until Sun 2026-04-05 02:00"),
    ("Sun 01:00-05:00", BERLIN, "2026-03-28T12:00:00Z", "closed until Sun 2026-03-29 01:00"),
    ("Sun 04:00-05:00", BERLIN, "2026-03-28T12:00:00Z", "closed until Sun 2026-03-29 04:00"),
    // Back: the clock shows 02:00 to 03:00 twice.
    ("Sun 02:00-03:00", BERLIN, "2026-10-25T00:00:00Z", "open until Sun 2026-10-25 03:00"),
    ("Sun 02:00-03:00", BERLIN, "2026-10-25T01:59:59Z", "open until Sun 2026-10-25 03:00"),
    ("Sun 02:00-03:00", BERLIN, "2026-10-25T02:00:00Z", "closed until Sun 2026-11-01 02:00"),
    ("Sun 02:30-02:45", BERLIN, "2026-10-25T00:50:00Z", "closed until Sun 2026-10-25 02:30"),
    ("Sun 02:30-02:45", BERLIN, "2026-10-25T01:30:00Z", "open until Sun 2026-10-25 02:45"),
    ("Sun 01:30-05:00", NEW_YORK, "2026-11-01T05:30:00Z", "open until Sun 2026-11-01 01:00"),
    ("Sun 01:30-05:00", NEW_YORK, "2026-11-01T06:15:00Z", "closed until Sun 2026-11-01 01:30"),
    // Days and times of their own.
    ("2026-12-24", BERLIN, "2026-12-23T22:59:59Z", "closed until Thu 2026-12-24 00:00"),
    ("2026-12-24", BERLIN, "2026-12-24T22:59:59Z", "open until Fri 2026-12-25 00:00"),
    ("2026-12-24", BERLIN, "2026-12-24T23:00:00Z", "closed"),
    (
        "2026-12-24T18:00..2027-01-04T09:00",
        TOKYO,
        "2026-12-24T09:00:00Z",
        "open until Mon 2027-01-04 09:00",
    ),
    (
        "2026-12-24T18:00:00Z..2026-12-24T20:00:00+01:00",
        TOKYO,
        "2026-12-24T18:59:59Z",
        "open until Fri 2026-12-25 04:00",
    ),
];

/// 2026-11-23 is a Monday. The clocks of Berlin go forward on 2026-03-29 at 01:00Z and back on
/// 2026-10-25 at 01:00Z; those of New York on 2026-03-08 at 07:00Z and 2026-11-01 at 06:00Z.
#[test]
fn one_window_at_a_time() {
    for (text, zone, at, wanted) in WINDOWS {
        let found = standing(&[(text, zone)], at);
        let suffix = if wanted.contains("until") { format!(" {zone}") } else { String::new() };
        assert_eq!(found, format!("{wanted}{suffix}"), "{text} {zone} {at}");
    }
    assert!(WINDOWS.len() >= 40);
}

#[test]
fn freezes() {
    let office = ("Mon-Thu 10:00-16:00", TOKYO);
    let year_end = ("freeze 2026-12-24..2027-01-04", TOKYO);
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: &[Row<'_>] = &[
        (&[year_end], "2026-12-23T14:59:59Z", "open until Thu 2026-12-24 00:00 Asia/Tokyo"),
        (&[year_end], "2026-12-23T15:00:00Z", "closed until Tue 2027-01-05 00:00 Asia/Tokyo"),
        (&[year_end], "2027-01-04T14:59:59Z", "closed until Tue 2027-01-05 00:00 Asia/Tokyo"),
        (&[year_end], "2027-01-04T15:00:00Z", "open"),
        (&[office, year_end], "2026-12-23T01:00:00Z", "open until Wed 2026-12-23 16:00 Asia/Tokyo"),
        (
            &[office, year_end],
            "2026-12-23T08:00:00Z",
            "closed until Tue 2027-01-05 10:00 Asia/Tokyo",
        ),
        (
            &[office, year_end],
            "2026-12-28T02:00:00Z",
            "closed until Tue 2027-01-05 10:00 Asia/Tokyo",
        ),
        (
            &[office, ("freeze Tue 10:00-12:00", TOKYO)],
            "2026-11-24T01:00:00Z",
            "closed until Tue 2026-11-24 12:00 Asia/Tokyo",
        ),
        (
            &[office, ("freeze Tue 10:00-12:00", TOKYO)],
            "2026-11-23T08:00:00Z",
            "closed until Tue 2026-11-24 12:00 Asia/Tokyo",
        ),
        (
            &[("freeze Fri 15:00-24:00; Sat-Sun", BERLIN)],
            "2026-11-27T14:00:00Z",
            "closed until Mon 2026-11-30 00:00 Europe/Berlin",
        ),
        (
            &[("Mon", TOKYO), ("Mon", NEW_YORK)],
            "2026-11-23T16:00:00Z",
            "open until Tue 2026-11-24 14:00 Asia/Tokyo",
        ),
        (
            &[("Mon", TOKYO), ("freeze Mon", NEW_YORK)],
            "2026-11-23T04:00:00Z",
            "open until Mon 2026-11-23 14:00 Asia/Tokyo",
        ),
        (&[("Mon", "UTC"), ("freeze Mon", "UTC")], "2026-11-23T04:00:00Z", "closed"),
        (&[("freeze Mon-Sun", "UTC")], "2026-11-23T04:00:00Z", "closed"),
        (&[("2020-01-01", "UTC")], "2026-11-23T04:00:00Z", "closed"),
        (&[("freeze 2020-01-01..9998-12-31", "UTC")], "2026-11-23T04:00:00Z", "closed"),
        (&[], "2026-11-23T04:00:00Z", "open"),
        // The clock of Cairo skips the first hour of 2026-04-24: the day begins at 01:00.
        (
            &[("freeze 2026-04-24", "Africa/Cairo")],
            "2026-04-23T21:59:59Z",
            "open until Fri 2026-04-24 01:00 Africa/Cairo",
        ),
        (
            &[("freeze 2026-04-24", "Africa/Cairo")],
            "2026-04-23T22:00:00Z",
            "closed until Sat 2026-04-25 00:00 Africa/Cairo",
        ),
        // Of an hour that comes twice, a freeze takes both and open hours neither more than they say.
        (
            &[("freeze 2026-10-25T02:30..2026-10-25T02:45", BERLIN)],
            "2026-10-25T01:00:00Z",
            "closed until Sun 2026-10-25 02:45 Europe/Berlin",
        ),
    ];
    for (windows, at, wanted) in cases {
        assert_eq!(standing(windows, at), *wanted, "{windows:?} {at}");
    }
}

#[test]
fn what_closes_is_named_with_its_reason() {
    let by = |windows: &[Window], at: &str| match Windows::read(windows)
        .unwrap()
        .at(at.parse().unwrap())
    {
        Standing::Closed { by, .. } => by,
        open @ Standing::Open { .. } => panic!("{open:?}"),
    };
    let freeze = Window { reason: Some("year end".into()), ..window("freeze 2026-12-24", "utc") };
    let all = [window("Mon", TOKYO), window("Tue", "asia/tokyo"), freeze];
    assert_eq!(by(&all, "2026-12-24T12:00:00Z"), "frozen by `2026-12-24` UTC (year end)");
    assert_eq!(by(&all, "2026-11-25T12:00:00Z"), "outside `Mon` Asia/Tokyo and `Tue` Asia/Tokyo");
}

#[test]
fn what_cannot_be_read_says_why() {
    let cases = [
        ("", "there are no times"),
        (" ", "there are no times"),
        ("Mon;", "`Mon;` has an empty part"),
        (";", "`;` has an empty part"),
        ("Mo", "`Mo` is no day of the week such as `Mon`"),
        ("Montag", "`Montag` is no day of the week such as `Mon`"),
        ("Mon-", "`` is no day of the week such as `Mon`"),
        ("Mon Tue", "`Mon Tue` is no day of the week such as `Mon`"),
        ("Mon 10:00", "`10:00` is no range of times such as `10:00-16:00`"),
        ("Mon 10-16", "`10-16` is no range of times such as `10:00-16:00`"),
        ("Mon 10:00-25:00", "`10:00-25:00` is no range of times such as `10:00-16:00`"),
        ("Mon 10:00-24:01", "`10:00-24:01` is no range of times such as `10:00-16:00`"),
        ("Mon 10:60-11:00", "`10:60-11:00` is no range of times such as `10:00-16:00`"),
        ("Mon 10:00–16:00", "`10:00–16:00` is no range of times such as `10:00-16:00`"),
        ("Mon 10:00-16:00 Tue", "`10:00-16:00Tue` is no range of times such as `10:00-16:00`"),
        ("Mon 10:00-10:00", "`10:00-10:00` is empty; a whole day is written without times"),
        ("Mon 24:00-02:00", "`24:00-02:00` begins at 24:00, write 00:00 of the next day"),
        ("Mon +1:00-02:00", "`Mon +` is no day of the week such as `Mon`"),
        ("2026-13-01", "`2026-13-01` is no date or date and time"),
        ("2026-02-30", "`2026-02-30` is no date or date and time"),
        ("2026-12-24..", "`` is no date or date and time"),
        ("..2026-12-24", "`` is no date or date and time"),
        ("2026-12-24..tomorrow", "`tomorrow` is no date or date and time"),
        ("2026-12-24 18:00", "`2026-12-24 18:00` is no date or date and time"),
        ("2026-12-24T18:00", "`2026-12-24T18:00` has a beginning and no end"),
        (
            "2026-12-24..2026-12-20",
            "`2026-12-24..2026-12-20` ends before it begins, or is out of the calendar",
        ),
        ("２０２６-12-24", "`２０２６` is no day of the week such as `Mon`"),
    ];
    for (text, wanted) in cases {
        let found = problem(&window(text, "UTC")).expect(text);
        assert_eq!((found.field, found.message.as_str()), ("allow", wanted), "{text}");
        assert_eq!(problem(&window(&format!("freeze {text}"), "UTC")).expect(text).field, "freeze");
    }
    for zone in ["", "CET+1", "Europe/Berlinn", "+01:00", "../../etc/passwd"] {
        let found = problem(&window("Mon", zone)).expect(zone);
        assert_eq!(
            (found.field, found.message),
            ("timezone", format!("`{zone}` is not a time zone"))
        );
    }
}

#[test]
fn no_text_makes_it_panic() {
    let pieces = [
        "Mon",
        "-",
        ",",
        ";",
        " ",
        "10:00",
        "24:00",
        "..",
        "2026-12-24",
        "T",
        "Z",
        "é",
        "9999-12-31",
        "-9999-01-01",
    ];
    let mut seed = 1_u64;
    for _ in 0..1_500 {
        let mut text = String::new();
        for _ in 0..7 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        if let Ok(windows) = Windows::read(&[window(&text, BERLIN)]) {
            for at in ["2026-11-23T04:00:00Z", "9999-12-30T00:00:00Z", "-009999-01-03T00:00:00Z"] {
                windows.at(at.parse().unwrap());
            }
        }
    }
}

/// The next opening and closing are those that a walk of minute by minute finds.
#[test]
fn minute_by_minute() {
    let zones = [BERLIN, NEW_YORK, TOKYO, "Africa/Cairo", "Australia/Lord_Howe"];
    let days = ["Sat-Sun", "Sun", "Mon,Sat", "Mon-Sun"];
    let times =
        ["", " 02:30-04:00", " 01:00-02:30", " 22:00-02:10", " 02:05-02:20", " 00:00-24:00"];
    let starts = [
        "2026-03-28T20:00:00Z",
        "2026-10-24T20:00:00Z",
        "2026-11-01T02:00:00Z",
        "2026-04-23T20:00:00Z",
        "2026-10-03T09:00:00Z",
    ];
    let mut seed = 3_u64;
    let mut next = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % bound
    };
    for _ in 0..50 {
        let mut text = || format!("{}{}", days[next(days.len())], times[next(times.len())]);
        let (allow, freeze) = (text(), format!("freeze {}", text()));
        let windows =
            [window(&allow, zones[next(zones.len())]), window(&freeze, zones[next(zones.len())])];
        let windows = Windows::read(&windows[..=next(2)]).unwrap();
        let start: Timestamp = starts[next(starts.len())].parse().unwrap();
        let begins_closed = windows.closed_by(start).is_some();
        let minute = |at: i64| Timestamp::from_second(start.as_second() + 60 * at).unwrap();
        let walked =
            (1..36 * 60).map(minute).find(|at| windows.closed_by(*at).is_some() != begins_closed);
        let found = if begins_closed { windows.opens(start) } else { windows.closes(start) };
        let last = minute(36 * 60 - 1);
        assert_eq!(found.filter(|at| *at <= last), walked, "{allow} {freeze} {start}");
    }
}
