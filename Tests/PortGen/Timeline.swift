import PortModel
import TestSupport

/// What happens to the host apart from its daily business, at fractions of the plan's duration.
struct Timeline {
    /// What happens at a moment.
    enum Incident {
        /// A program forgets to close connections from here on, until it is deployed again.
        case leakBegins
        /// The leaking program is deployed.
        case leakEnds
        /// A service on an ephemeral port goes down for a while.
        case listenerGoes
        /// An outgoing connection is given the port of the service that is down.
        case portIsStolen
        /// The host goes down.
        case shutdown
        /// The host is up again.
        case boot
        /// A program begins to connect without end to one destination.
        case burstBegins
        /// It ends.
        case burstEnds
        /// The ephemeral range is widened, and the stolen port reserved.
        case limitsChange
    }

    /// When, in milliseconds since the start, and what, in that order.
    let incidents: [(at: Int64, what: Incident)]
    /// Which programs are deployed when, besides: in milliseconds since the start.
    let deploys: [(at: Int64, program: Int)]
    /// From one of the leak's connections to the next, in milliseconds.
    let leakPace: Double

    /// How long the host is down for its reboot.
    static let downTime: Int64 = 75_000
    /// How long the listener is down whose port is stolen.
    static let gap: Int64 = 45_000
    private static let deploysPerDay = 33.0
    private static let leaked = 400.0

    init(_ plan: Plan, _ cast: Cast, _ rhythm: DailyRhythm, using generator: inout SeededGenerator) {
        func at(_ part: Double) -> Int64 { Int64(Double(plan.duration) * part) }
        let burst = min(420_000, plan.duration / 6)
        incidents = [
            (at(0.15), .leakBegins), (at(0.35), .listenerGoes), (at(0.35) + Self.gap / 3, .portIsStolen),
            (at(0.45), .leakEnds), (at(0.5), .shutdown), (at(0.5) + Self.downTime, .boot), (at(0.6), .burstBegins),
            (at(0.6) + burst, .burstEnds), (at(0.8), .limitsChange),
        ]
        leakPace = Double(at(0.3)) / Self.leaked
        let count = max(12, Int(Self.deploysPerDay * Double(plan.duration) / 86_400_000))
        var deploys: [(at: Int64, program: Int)] = []
        while deploys.count < count {
            let moment = Int64(generator.unit() * Double(plan.duration))
            // People deploy while they work.
            if !generator.chance(rhythm.factor(at: plan.start + moment) / rhythm.peak) { continue }
            deploys.append((moment, generator.below(cast.programs.count)))
        }
        self.deploys = deploys
    }
}
