import PortAlerts
import PortHistory
import PortModel
import PortRecorder

/// Everything that a recorder can be told by flags, the environment and the configuration file.
struct RecorderConfiguration: Hashable, Sendable {
    /// Where alerts go.
    struct Delivery: Hashable, Sendable {
        /// Whether the journal gets them, with fields of its own.
        var journal = true
        /// A program that is run for each turn of an alert, and its arguments; empty: none.
        var exec: [String] = []
        /// How long it may run, in milliseconds.
        var execTimeout: Int64 = 10_000
        /// How many of it may run at once.
        var execConcurrency = 2
        /// A stream socket that gets them; empty: none.
        var socket = ""
    }

    /// The history's file; `nil`: where the environment says, or the system's.
    var database: String?
    /// From one tick to the next.
    var interval = DurationExpression(milliseconds: 10_000)
    /// The most that the database may take.
    var budget = SizeExpression(bytes: 1 << 30)
    /// How long every sample is kept.
    var keepSamples = DurationExpression(milliseconds: RetentionPolicy.standard.samples)
    /// How long minutes are kept.
    var keepMinutes = DurationExpression(milliseconds: RetentionPolicy.standard.minutes)
    /// How long hours are kept.
    var keepHours = DurationExpression(milliseconds: RetentionPolicy.standard.hours)
    /// Which network namespaces are recorded.
    var namespaces = RecordedNamespaces.all
    /// Where sockets are read from.
    var source = SocketSource.proc
    /// What the rules are told.
    var alerts = AlertConfiguration()
    /// Where alerts go.
    var delivery = Delivery()

    /// How long the history is kept, and how large it may be.
    var retention: RetentionPolicy {
        RetentionPolicy(
            budget: budget.bytes, samples: keepSamples.milliseconds, minutes: keepMinutes.milliseconds,
            hours: keepHours.milliseconds)
    }

    /// What can be set anew while the recorder runs.
    var reloadable: RecorderSettings.Values {
        .init(interval: .milliseconds(interval.milliseconds), alerts: alerts)
    }
}
