import PortHistory

/// What a person who runs `portlog record` on a terminal sees: one line that is written over with every sample.
struct ProgressLine: Sendable {
    /// Where the line goes: its standard error, and only where that is a terminal.
    let world: World
    /// How many samples there will be; `nil` for ever.
    let limit: Int?

    /// Goes to the start of the terminal's line and empties it: whatever is written next stands there alone.
    static let clear = "\r\u{1b}[K"

    /// Shows a sample.
    func callAsFunction(_ sample: SampleRecord) {
        guard world.terminal.errorIsTerminal else { return }
        let of = limit.map { "/\($0)" } ?? ""
        let took = HumanFormat.duration(milliseconds: Int64(sample.durationMilliseconds))
        let cost = HumanFormat.duration(milliseconds: Int64(sample.cpuMilliseconds))
        let line = "sample \(sample.number)\(of) · \(sample.sockets) sockets · \(took), CPU \(cost)"
        try? world.errors.write("\(Self.clear)\(String(line.prefix(world.terminal.columns - 1)))")
        try? world.errors.flush()
    }
}
