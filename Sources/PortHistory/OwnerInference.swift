import PortModel

/// Whose a connection most likely was that no sample has seen with a descriptor: a TIME_WAIT of a short one, an orphan, one that
/// waits to be accepted.
///
/// On a port on which somebody listens it is the listener's. Towards a destination it is that of the only program that was seen
/// connecting there lately. Where two programs come into question there is no answer.
struct OwnerInference {
    /// What tells one program from another: the numbers of programs, with unit and container.
    typealias Identity = Set<String>

    private struct Place: Hashable {
        var namespace: Int16
        var port: UInt16

        init(_ socket: OpenSocket) { (namespace, port) = (socket.namespace, socket.row.local.port) }
    }

    private struct Peer: Hashable {
        var namespace: Int16
        var remote: Endpoint
    }

    private struct Callers {
        /// The holder seen last.
        var holder: Int32
        var identity: Identity
        /// Others were seen as well.
        var areSeveral = false
    }

    private var listeners: [Place: [(address: IPAddress, holder: Int32)]] = [:]
    /// Who was seen connecting in the half hour at hand, and in the one before.
    private var callers: [Peer: Callers] = [:]
    private var earlier: [Peer: Callers] = [:]
    private var turn: Int64 = 0

    /// For how long a caller is remembered at least, in milliseconds.
    private static let memory: Int64 = 1_800_000
    /// So many destinations are remembered; with more of them a half hour ends early.
    private static let most = 16_384

    // MARK: - What is seen

    /// Time has passed.
    ///
    /// - Parameter clock: the recorder's clock, in milliseconds.
    /// - Returns: Whether another half hour begins: who stands connected is to be told again.
    mutating func begin(at clock: Int64) -> Bool {
        if clock - turn < Self.memory, callers.count < Self.most { return false }
        turn = clock
        earlier = callers
        callers = [:]
        return true
    }

    /// A namespace is gone, and what was in it tells nothing of another one with its name.
    mutating func forget(namespace: Int) {
        listeners = listeners.filter { Int($0.key.namespace) != namespace }
        callers = callers.filter { Int($0.key.namespace) != namespace }
        earlier = earlier.filter { Int($0.key.namespace) != namespace }
    }

    /// A TCP listener stands from now on, with this holder.
    mutating func opened(_ listener: OpenSocket) {
        listeners[Place(listener), default: []].append((listener.row.local.address, listener.holder))
    }

    /// A TCP listener is gone, or has another holder.
    mutating func closed(_ listener: OpenSocket) {
        let place = Place(listener)
        guard var others = listeners[place] else { return }
        let (address, holder) = (listener.row.local.address, listener.holder)
        if let index = others.firstIndex(where: { $0.address == address && $0.holder == holder }) {
            others.remove(at: index)
        }
        listeners[place] = others.isEmpty ? nil : others
    }

    /// A socket of a known holder connects to its peer.
    mutating func connected(_ socket: OpenSocket, _ identity: Identity) {
        let peer = Peer(namespace: socket.namespace, remote: socket.row.remote)
        if var known = callers[peer] {
            known.holder = socket.holder
            if known.identity != identity { known.areSeveral = true }
            callers[peer] = known
        } else {
            callers[peer] = Callers(holder: socket.holder, identity: identity)
        }
    }

    // MARK: - What follows

    /// The holders of the listeners that a connection was accepted from: those of the most specific address that takes it.
    func listeners(of socket: OpenSocket) -> [Int32] {
        let here = listeners[Place(socket)] ?? []
        let address = socket.row.local.address
        let candidates: [IPAddress] = address.isIPv4 ? [address, .anyIPv4, .anyIPv6] : [address, .anyIPv6]
        for candidate in candidates {
            let holders = here.lazy.filter { $0.address == candidate }.map(\.holder)
            if let first = holders.first { return [first] + Set(holders).subtracting([first]).sorted() }
        }
        return []
    }

    /// The holder of the only program that was seen connecting to a connection's peer.
    func caller(of socket: OpenSocket) -> Int32? {
        let peer = Peer(namespace: socket.namespace, remote: socket.row.remote)
        guard let newer = callers[peer] else {
            return earlier[peer].flatMap { $0.areSeveral ? nil : $0.holder }
        }
        if newer.areSeveral { return nil }
        guard let older = earlier[peer] else { return newer.holder }
        return older.areSeveral || older.identity != newer.identity ? nil : newer.holder
    }
}
