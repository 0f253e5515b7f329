import PortAlerts
import Synchronization

/// What can be set anew while a recorder runs: it looks before every sample.
public final class RecorderSettings: Sendable {
    /// The settings.
    public struct Values: Hashable, Sendable {
        /// From one tick to the next.
        public var interval: Duration
        /// What the rules are told.
        public var alerts: AlertConfiguration

        /// Settings of their parts.
        public init(interval: Duration = .seconds(10), alerts: AlertConfiguration = AlertConfiguration()) {
            self.interval = interval
            self.alerts = alerts
        }
    }

    private struct State {
        var values: Values
        var isNew = false
    }

    private let state: Mutex<State>

    /// Settings that a recorder begins with.
    public init(_ values: Values) { state = Mutex(State(values: values)) }

    /// What is set.
    public var values: Values { state.withLock { $0.values } }

    /// Sets other values; they hold from the next sample on.
    public func set(_ values: Values) {
        state.withLock { state in
            state.isNew = state.isNew || values != state.values
            state.values = values
        }
    }

    /// Values that have been set since the last call.
    func takeNew() -> Values? {
        state.withLock { state in
            defer { state.isNew = false }
            return state.isNew ? state.values : nil
        }
    }
}
