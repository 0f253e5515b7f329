import PortAlerts
import PortModel

extension RecorderConfiguration {
    /// What is wrong with the values of some keys together; `nil` when nothing is.
    var contradiction: (keys: [String], why: String)? {
        if keepMinutes.milliseconds < keepSamples.milliseconds || keepHours.milliseconds < keepMinutes.milliseconds {
            return (
                ["keep.samples", "keep.minutes", "keep.hours"],
                "minutes are kept no shorter than samples, and hours no shorter than minutes: "
                    + "keep.samples is \(keepSamples), keep.minutes \(keepMinutes), keep.hours \(keepHours)"
            )
        }
        for rule in AlertRule.allCases where rule.settings.contains(.critical) {
            let settings = alerts[rule]
            if settings.critical < settings.warning {
                let keys = ["critical", "warning"].map { "alerts.\(rule.rawValue).\($0)" }
                let values = keys.map { ConfigurationKey.named($0)?.value(self).first ?? "" }
                return (keys, "\(keys[0]) is \(values[0]), less than \(keys[1]), which is \(values[1])")
            }
        }
        return nil
    }
}
