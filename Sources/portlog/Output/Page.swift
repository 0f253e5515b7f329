import PortModel
import PortReports

/// What a table is drawn on: local time, width, colours. Given to every ``Presentation`` while it says how it looks.
struct Page: Sendable {
    /// The time zone of all times in tables.
    var localTime: LocalTime
    /// The columns that a chart may take.
    var width: Int
    /// Whether charts may use block elements.
    var usesUTF8: Bool
    /// Colours, or none.
    var style: Style
    /// The present moment, for ages.
    var now: Timestamp

    /// The page that a world's standard output is.
    init(world: World, color: ColorMode) {
        localTime = world.localTime
        width = world.terminal.columns
        usesUTF8 = world.terminal.usesUTF8
        style = Style(isOn: color.isOn(in: world))
        now = world.now()
    }

    /// Date and time of day: `2026-11-22 10:30:00`.
    func time(_ time: Timestamp) -> String {
        let civil = reading(time).civil
        return "\(civil.dateText) \(civil.clockText)"
    }

    /// The same; `-` for none.
    func time(_ time: Timestamp?) -> String {
        time.map { self.time($0) } ?? "-"
    }

    /// The time of day alone: `10:30:00`.
    func clock(_ time: Timestamp) -> String {
        reading(time).civil.clockText
    }

    /// Date, time and time zone: `2026-11-22 10:30:00 CET`, for the one line of a table that names its time.
    func zonedTime(_ time: Timestamp) -> String {
        let reading = reading(time)
        return "\(reading.civil.dateText) \(reading.civil.clockText) \(reading.zone)"
    }

    /// A period: `2026-11-22 09:30:00 to 10:30:00 CET`; with both dates where they differ.
    func period(since: Timestamp, until: Timestamp) -> String {
        let (from, to) = (reading(since), reading(until))
        let end = from.civil.dateText == to.civil.dateText ? to.civil.clockText : time(until)
        let zone = from.zone == to.zone ? "" : " \(from.zone)"
        return "\(time(since))\(zone) to \(end) \(to.zone)"
    }

    /// Which sample answers for a moment: `at 2026-11-22 10:30:00 CET (sample 77)`; with the sample's own time where that
    /// is an earlier one.
    func answer(_ at: Timestamp, _ sample: SampleDocument) -> String {
        let taken = at == sample.takenAt ? "" : " of \(time(sample.takenAt))"
        return "at \(zonedTime(at)) (sample \(sample.number)\(taken))"
    }

    /// The same where the present may answer, without a sample.
    func answer(_ at: Timestamp, _ sample: SampleDocument?) -> String {
        sample.map { answer(at, $0) } ?? "at \(zonedTime(at))"
    }

    /// `3m 20s ago`, `in 5m`, `now`.
    func age(_ time: Timestamp) -> String {
        let age = now - time
        if age.magnitude < 1000 { return "now" }
        let text = HumanFormat.duration(milliseconds: Int64(clamping: age.magnitude))
        return age > 0 ? "\(text) ago" : "in \(text)"
    }

    private func reading(_ time: Timestamp) -> LocalTime.Reading {
        let milliseconds = time.milliseconds
        return localTime.reading(milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0))
    }
}
