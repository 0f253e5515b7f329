import Glibc
import PortModel

/// How busy the host is at an hour of the week, 1 on average: quiet nights, a peak after noon, quieter weekends. In UTC.
struct DailyRhythm {
    /// One factor a minute of the week, from Thursday 00:00, the weekday of the epoch.
    private let factors: [Double]
    /// The largest factor.
    let peak: Double

    init() {
        let raw = (0..<7 * 1440).map { minute in
            let hour = Double(minute % 1440) / 60
            let day = pow((1 + cos(2 * .pi * (hour - 14) / 24)) / 2, 1.5)
            let isWeekend = [2, 3].contains(minute / 1440)  // Thursday is 0
            return (0.35 + 0.65 * day) * (isWeekend ? 0.6 : 1)
        }
        let mean = raw.reduce(0, +) / Double(raw.count)
        factors = raw.map { $0 / mean }
        peak = factors.max() ?? 1
    }

    /// The factor at a moment.
    func factor(at time: Timestamp) -> Double {
        let minute = Int(time.milliseconds / 60_000) % factors.count
        return factors[minute < 0 ? minute + factors.count : minute]
    }
}
