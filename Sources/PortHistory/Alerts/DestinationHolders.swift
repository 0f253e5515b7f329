import PortModel

/// Whose the ports towards a destination are, counted when somebody asks: nothing is kept up for it from sample to sample.
struct DestinationHolders {
    /// So many destinations of a sample are looked for one by one; for whoever asks for more all are counted at once.
    private static let few = 4

    private var asked = 0
    private var all: [RollupWriter.Place: [Int: Int]]?

    /// How many of the ports towards a destination each holder has.
    mutating func counts(of place: RollupWriter.Place, in open: OpenSockets) -> [Int: Int] {
        asked += 1
        if all == nil, asked > Self.few { all = Self.countAll(in: open) }
        return all.map { $0[place] ?? [:] } ?? Self.count(place, in: open)
    }

    private static func count(_ place: RollupWriter.Place, in open: OpenSockets) -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for slot in open.slots.indices
        where open.slots[slot].isUsing && open.slots[slot].namespace == place.namespace
            && open.slots[slot].destination == place.destination
        { counts[Int(open.slots[slot].holder), default: 0] += 1 }
        return counts
    }

    private static func countAll(in open: OpenSockets) -> [RollupWriter.Place: [Int: Int]] {
        var counts: [RollupWriter.Place: [Int: Int]] = [:]
        for slot in open.slots.indices where open.slots[slot].isUsing {
            let socket = open.slots[slot]
            let place = RollupWriter.Place(namespace: socket.namespace, destination: socket.destination)
            counts[place, default: [:]][Int(socket.holder), default: 0] += 1
        }
        return counts
    }
}

extension OpenSocket {
    /// Whether it is an outgoing connection that has its port for itself.
    fileprivate var isUsing: Bool { seen != 0 && role == .outgoing && row.table.transport == .tcp && !isReusable }
}
