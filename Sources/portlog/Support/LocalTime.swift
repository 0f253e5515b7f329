import Foundation
import PortModel

/// A time zone: turns moments into what clocks on the wall show there, and back.
struct LocalTime: Sendable {
    /// What clocks show, and the zone's name at that moment, such as `CET` and `CEST`.
    struct Reading: Hashable, Sendable {
        /// Date and time of day.
        var civil: CivilTime
        /// The abbreviation of the zone.
        var zone: String
    }

    /// The clocks' reading at a moment, in seconds since 1970-01-01T00:00:00Z.
    var reading: @Sendable (_ seconds: Int64) -> Reading
    /// The moment of a reading. Where the clocks show it twice, the zone's choice; where they skip it, a moment close
    /// by; `nil` where the number does not fit. With a zone's name, which must be one of ``zones``, there is no doubt.
    var seconds: @Sendable (_ civil: CivilTime, _ zone: String?) -> Int64?
    /// The abbreviations that the zone uses in a year.
    var zones: Set<String>

    /// UTC.
    static let utc = LocalTime(
        reading: { seconds in
            var time = time_t(seconds)
            var fields = tm()
            gmtime_r(&time, &fields)
            return Reading(civil: CivilTime(fields), zone: "UTC")
        },
        seconds: { civil, _ in
            Int64(civil.daysSinceEpoch) * 86_400 + Int64(civil.hour * 3600 + civil.minute * 60 + civil.second)
        },
        zones: ["UTC"])

    /// The zone of the process: `TZ`, else /etc/localtime, as libc understands them (tzset(3)).
    static func system() -> LocalTime {
        tzset()
        var isSummerTime: [String: Int32] = [:]
        for month in 0..<12 {
            let fields = local(Int64(time(nil)) + Int64(month) * 30 * 86_400)
            if let name = fields.tm_zone { isSummerTime[String(cString: name)] = fields.tm_isdst }
        }
        let zones = isSummerTime
        return LocalTime(
            reading: { seconds in
                let fields = local(seconds)
                return Reading(civil: CivilTime(fields), zone: fields.tm_zone.map { String(cString: $0) } ?? "")
            },
            seconds: { civil, zone in
                var fields = civil.fields
                fields.tm_isdst = zone.flatMap { zones[$0] } ?? -1
                // -1 is a moment as well; only an error leaves the day of the week alone.
                fields.tm_wday = -1
                let time = mktime(&fields)
                return fields.tm_wday == -1 ? nil : Int64(time)
            },
            zones: Set(zones.keys))
    }

    private static func local(_ seconds: Int64) -> tm {
        var time = time_t(seconds)
        var fields = tm()
        localtime_r(&time, &fields)
        return fields
    }
}

extension CivilTime {
    /// The date and time of libc's broken-down time.
    fileprivate init(_ fields: tm) {
        self.init(
            year: Int(fields.tm_year) + 1900, month: Int(fields.tm_mon) + 1, day: Int(fields.tm_mday),
            hour: Int(fields.tm_hour), minute: Int(fields.tm_min), second: Int(fields.tm_sec))
    }

    /// The same for libc.
    fileprivate var fields: tm {
        var fields = tm()
        fields.tm_year = Int32(truncatingIfNeeded: year - 1900)
        fields.tm_mon = Int32(truncatingIfNeeded: month - 1)
        fields.tm_mday = Int32(truncatingIfNeeded: day)
        fields.tm_hour = Int32(truncatingIfNeeded: hour)
        fields.tm_min = Int32(truncatingIfNeeded: minute)
        fields.tm_sec = Int32(truncatingIfNeeded: second)
        return fields
    }
}
