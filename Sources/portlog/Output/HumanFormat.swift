import PortModel

/// Numbers as people read them in tables. JSON and CSV never pass here.
enum HumanFormat {
    /// `512 B`, `1.5 KiB`, `30 MiB`: at most one digit after the point, none from 100 up.
    static func bytes(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(bytes.magnitude)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let sign = bytes < 0 ? "-" : ""
        if unit == 0 { return "\(sign)\(bytes.magnitude) B" }
        // 1023.96 KiB would be rounded to 1024.
        if value.rounded() >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(sign)\(value >= 99.95 ? String(Int64(value.rounded())) : tenths(value)) \(units[unit])"
    }

    /// `250 ms`, `3.2 s`, `3m 20s`, `2h 5m`, `7d 3h`: the two largest units that matter.
    static func duration(milliseconds: Int64) -> String {
        let sign = milliseconds < 0 ? "-" : ""
        let total = milliseconds.magnitude
        if total < 1000 { return "\(sign)\(total) ms" }
        if total < 10_000 { return "\(sign)\(tenths(Double(total / 100) / 10)) s" }
        let seconds = total / 1000
        if seconds < 60 { return "\(sign)\(seconds)s" }
        let units: [(UInt64, String)] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")]
        let largest = units.firstIndex { seconds >= $0.0 } ?? 3
        let rest = seconds % units[largest].0 / units[largest + 1].0
        let first = "\(sign)\(seconds / units[largest].0)\(units[largest].1)"
        return rest == 0 ? first : "\(first) \(rest)\(units[largest + 1].1)"
    }

    /// `1 socket`, `12 sockets`.
    static func count(_ count: Int, _ singular: String, _ plural: String? = nil) -> String {
        "\(count) \(count == 1 ? singular : plural ?? singular + "s")"
    }

    /// `83.4 %` for 0.834. Only what is whole is shown as `100 %`, and only what is nothing as `0 %`.
    static func percent(_ fraction: Double) -> String {
        guard fraction.isFinite, fraction.magnitude < 1e12 else { return "-" }
        if fraction == 0 { return "0 %" }
        if fraction == 1 { return "100 %" }
        let percent = fraction * 100
        if fraction < 1, fraction > 0 { return "\(tenths(min(99.9, max(0.1, percent)))) %" }
        return "\(tenths(percent)) %"
    }

    /// `12.3`; whole numbers keep their zero: `4.0`. From 100 up without a fraction.
    static func number(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "-" }
        return value.magnitude >= 99.95 ? String(Int64(value.rounded())) : tenths(value)
    }

    /// One digit after the point, always.
    private static func tenths(_ value: Double) -> String {
        let scaled = Int64((value * 10).rounded())
        let sign = scaled < 0 ? "-" : ""
        return "\(sign)\(scaled.magnitude / 10).\(scaled.magnitude % 10)"
    }
}
