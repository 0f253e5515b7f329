/// The sockets of a port less those that mean the same to a bind() as others: of many alike two.
///
/// Two show what such sockets do to each other. Alike are sockets with the same address and the same known options, and whole addresses
/// with the same such sockets, as a name server has them.
struct BindCrowd {
    /// What is left.
    private(set) var sockets: [BoundSocket] = []
    /// Which of ``sockets`` stands for each socket that was given; `nil` for half-open ones.
    private(set) var places: [Int?] = []

    /// Those of some sockets.
    ///
    /// - Parameter asked: the address that the bind() asks for, which is like no other.
    init(_ all: [BoundSocket], asked: IPAddress) {
        takeKinds(all)
        takeAddresses(asked)
    }

    private mutating func takeKinds(_ all: [BoundSocket]) {
        var alike: [BoundSocket: [Int]] = [:]
        for socket in all {
            if socket.isHalfOpen {
                places.append(nil)
                continue
            }
            let kind = Self.kind(socket)
            let before = alike[kind] ?? []
            // Connections do nothing to each other.
            if before.count >= (socket.isConnected ? 1 : 2) {
                places.append(before[before.count - 1])
                continue
            }
            alike[kind, default: []].append(sockets.count)
            places.append(sockets.count)
            sockets.append(socket)
        }
    }

    /// Two different specific addresses never overlap, and each of a family overlaps the same wildcards.
    private mutating func takeAddresses(_ asked: IPAddress) {
        let specific = sockets.indices.filter { index in
            let address = sockets[index].row.local.address
            return !address.isWildcard && address != asked
        }
        let groups = Dictionary(grouping: specific) { sockets[$0].row.local.address }.values.sorted { $0[0] < $1[0] }
        var alike: [[BoundSocket]: [[Int]]] = [:]
        var substitutes: [Int: Int] = [:]
        for group in groups {
            let kind = group.map { Self.kind(sockets[$0]).withoutAddress }
            let before = alike[kind] ?? []
            if before.count < 2 {
                alike[kind, default: []].append(group)
            } else {
                for (index, substitute) in zip(group, before[1]) { substitutes[index] = substitute }
            }
        }
        if substitutes.isEmpty { return }
        var numbers: [Int: Int] = [:]
        for index in sockets.indices where substitutes[index] == nil { numbers[index] = numbers.count }
        places = places.map { place in place.flatMap { numbers[substitutes[$0] ?? $0] } }
        sockets = sockets.indices.filter { substitutes[$0] == nil }.map { sockets[$0] }
    }

    /// A socket without what tells it from others that mean the same.
    private static func kind(_ socket: BoundSocket) -> BoundSocket {
        var kind = socket
        kind.row.inode = min(1, socket.row.inode)
        kind.row.remote = Endpoint(.anyIPv4, min(1, socket.row.remote.port))
        kind.row.timerTicks = 0
        kind.row.uid = 0
        kind.since = nil
        if socket.isTimeWait {
            kind.row.state = .timeWait
        } else if socket.isConnected {
            kind.row.state = .established
        }
        return kind
    }
}

extension BoundSocket {
    fileprivate var withoutAddress: BoundSocket {
        var socket = self
        socket.row.local.address = wildcard
        return socket
    }
}
