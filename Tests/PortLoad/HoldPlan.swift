/// How a load is dealt out to processes and destinations.
struct HoldPlan {
    /// What one process has to do.
    struct Share: Equatable {
        var connections: Int
        var timeWait: Int
        var rate: Int
        var destinations: [String]
    }

    /// Descriptors that a process may use; the limit of a process is often 20 000.
    static let descriptorsPerProcess = 18_000
    /// Ports that one destination is planned to use. From half of the range (14 116 of 28 232) on, connect() gets slow.
    static let portsPerDestination = 12_000

    /// One for each process.
    let shares: [Share]

    /// A plan; fewer `processes` than are needed are an error, as are fewer `destinations` than processes.
    ///
    /// - Parameters:
    ///   - processes: `nil`: as many as the descriptors call for.
    ///   - destinations: empty: 127.1.0.1 and the following, as many as the ports call for.
    init(connections: Int, timeWait: Int, rate: Int, processes: Int?, destinations: [String]) throws(HoldError) {
        // A connection is two descriptors; some are needed for listeners and for one opened before one is closed.
        let perProcess = (Self.descriptorsPerProcess - 500) / 2
        let needed = max(1, Self.divideUp(connections, perProcess))
        let count = processes ?? needed
        guard count >= needed else {
            throw HoldError("\(connections) connections need at least \(needed) processes of \(perProcess) each")
        }
        guard destinations.isEmpty || destinations.count >= count else {
            throw HoldError("each of the \(count) processes needs a destination of its own")
        }
        // Closed connections of a whole minute may be in TIME_WAIT.
        let ports = connections + max(timeWait, rate * 60)
        let perShare = max(1, Self.divideUp(Self.divideUp(ports, count), Self.portsPerDestination))
        let dealt =
            destinations.isEmpty
            ? (0..<perShare * count).map { "127.1.\($0 / 250).\(1 + $0 % 250)" }
            : destinations
        shares = (0..<count).map { index in
            Share(
                connections: Self.part(connections, index, count), timeWait: Self.part(timeWait, index, count),
                rate: Self.part(rate, index, count),
                destinations: stride(from: index, to: dealt.count, by: count).map { dealt[$0] })
        }
    }

    /// The `index`th of `count` nearly equal parts of `total`.
    static func part(_ total: Int, _ index: Int, _ count: Int) -> Int {
        total * (index + 1) / count - total * index / count
    }

    private static func divideUp(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
}

/// A load that cannot be made.
struct HoldError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
