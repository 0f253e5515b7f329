import PortModel

/// How many sockets each holder has in CLOSE_WAIT, and whose number the sample at hand has changed.
struct CloseWaitCounts {
    private var counts: [Int32: SampleFigures.CloseWaits] = [:]
    private var changed: Set<Int32> = []

    /// A socket begins to count (1), or ceases to (-1); one in another state does not count.
    mutating func add(_ socket: OpenSocket, _ count: Int) {
        guard socket.row.state == .closeWait, socket.row.table.transport == .tcp else { return }
        let sum = (counts[socket.holder]?.count ?? 0) + count
        counts[socket.holder] = sum == 0 ? nil : .init(count: sum, namespace: Int(socket.namespace))
        changed.insert(socket.holder)
    }

    /// Takes every number for one that has changed.
    mutating func touchAll() { changed.formUnion(counts.keys) }

    /// Gives the numbers that have changed, and begins the next sample.
    mutating func take() -> [Int: SampleFigures.CloseWaits] {
        defer { changed.removeAll(keepingCapacity: changed.count < 1024) }
        var result: [Int: SampleFigures.CloseWaits] = [:]
        for holder in changed { result[Int(holder)] = counts[holder] ?? .init(count: 0, namespace: 0) }
        return result
    }
}
