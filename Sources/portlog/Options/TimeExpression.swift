import PortModel

/// A TIME on the command line, as journalctl takes it: `2026-11-22 10:30:00`, `10:30`, `today`, `-2h`, `2h ago`,
/// `@1763807400`, or RFC 3339.
///
/// It is read when the command line is, and becomes a moment when clock and time zone are known.
struct TimeExpression: Hashable, Sendable {
    /// Where the clock hangs that shows a time of day.
    enum Zone: Hashable, Sendable {
        /// In the local time zone.
        case local
        /// In UTC: ` UTC` or `Z`.
        case utc
        /// So many seconds east of Greenwich: `+01:00`.
        case offset(Int)
        /// In the local time zone while it has that abbreviation: ` CET`.
        case named(String)
    }

    /// What was written.
    enum Meaning: Hashable, Sendable {
        /// So many milliseconds after the present moment; negative before it.
        case relative(milliseconds: Int64)
        /// A time of day, so many days after today.
        case day(offset: Int, hour: Int, minute: Int, second: Int, milliseconds: Int, Zone)
        /// A date and a time of day.
        case date(CivilTime, milliseconds: Int, Zone)
        /// A number of milliseconds since 1970-01-01T00:00:00Z.
        case epoch(milliseconds: Int64)
    }

    /// As it was written.
    let text: String
    /// What it means.
    let meaning: Meaning

    /// The first and the last moment that can be meant: the years 1 to 9999.
    static let range = Timestamp(milliseconds: -62_135_596_800_000)...Timestamp(milliseconds: 253_402_300_799_999)

    /// The moment that is meant, for a clock that shows `now` in the time zone `local`.
    func timestamp(now: Timestamp, in local: LocalTime) throws -> Timestamp {
        switch meaning {
        case .epoch(let milliseconds): return try checked(milliseconds)
        case .relative(let offset):
            let (sum, tooLarge) = now.milliseconds.addingReportingOverflow(offset)
            return try checked(tooLarge ? nil : sum)
        case .date(let civil, let milliseconds, let zone):
            return try moment(civil, milliseconds, zone, local)
        case .day(let offset, let hour, let minute, let second, let milliseconds, let zone):
            let clock = zone == .utc ? LocalTime.utc : local
            let seconds = now.milliseconds / 1000 - (now.milliseconds % 1000 < 0 ? 1 : 0)
            let today = clock.reading(seconds).civil
            // By way of the day number: a day of 23 or 25 hours is one day too.
            let noon = Int64(today.daysSinceEpoch + offset) * 86_400 + 43_200
            var civil = LocalTime.utc.reading(noon).civil
            (civil.hour, civil.minute, civil.second) = (hour, minute, second)
            return try moment(civil, milliseconds, zone, local)
        }
    }

    private func moment(_ civil: CivilTime, _ milliseconds: Int, _ zone: Zone, _ local: LocalTime) throws -> Timestamp {
        let seconds: Int64? =
            switch zone {
            case .local: local.seconds(civil, nil)
            case .utc: LocalTime.utc.seconds(civil, nil)
            case .offset(let east): LocalTime.utc.seconds(civil, nil).map { $0 - Int64(east) }
            case .named(let name):
                if local.zones.contains(name) {
                    local.seconds(civil, name)
                } else {
                    throw refusal(
                        "the time zone \(name) is not known here; leave it out, or write UTC or an offset such as +01:00"
                    )
                }
            }
        return try checked(seconds.map { $0 * 1000 + Int64(milliseconds) })
    }

    private func checked(_ milliseconds: Int64?) throws -> Timestamp {
        guard let milliseconds, Self.range.contains(Timestamp(milliseconds: milliseconds)) else {
            throw refusal("that is not within the years 1 to 9999")
        }
        return Timestamp(milliseconds: milliseconds)
    }

    private func refusal(_ why: String) -> PortlogError {
        PortlogError(.usage, "cannot use the time '\(text)'", why: why)
    }
}
