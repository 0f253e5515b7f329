import PortModel

/// What a sample shows of all that alerts are about: of namespaces everything, of the rest what has changed.
///
/// The figures are those that the rollups keep up with each sample, so that the work is that of what has changed.
public struct SampleFigures: Sendable {
    /// A namespace.
    public struct Namespace: Sendable {
        /// Its number.
        public var number: Int
        /// Its name.
        public var name: String
        /// The limits in force.
        public var limits: PortLimits
        /// Ports that connect() could choose for some destination.
        public var capacity: Int
        /// The pool of bind() for TCP.
        public var tcpPool: BindPool
        /// The pool of bind() for UDP.
        public var udpPool: BindPool
        /// Sockets in TIME_WAIT.
        public var timeWaits: Int

        /// A namespace of its figures.
        public init(
            number: Int, name: String, limits: PortLimits, capacity: Int, tcpPool: BindPool, udpPool: BindPool,
            timeWaits: Int
        ) {
            self.number = number
            self.name = name
            self.limits = limits
            self.capacity = capacity
            self.tcpPool = tcpPool
            self.udpPool = udpPool
            self.timeWaits = timeWaits
        }
    }

    /// A destination whose figures have changed.
    public struct Towards: Sendable {
        /// The number of its namespace.
        public var namespace: Int
        /// Where the connections go.
        public var destination: Destination
        /// Its ports.
        public var use: DestinationUse
        /// How many ports were used in the sample before.
        public var usedBefore: Int
        /// How many connections have come into TIME_WAIT since the sample before.
        public var entered: Int

        /// A destination of its figures.
        public init(
            namespace: Int, destination: Destination, use: DestinationUse, usedBefore: Int, entered: Int
        ) {
            self.namespace = namespace
            self.destination = destination
            self.use = use
            self.usedBefore = usedBefore
            self.entered = entered
        }
    }

    /// A port on which listeners came or went, with those that stand there now: TCP listeners, or UDP sockets without a peer.
    public struct Listening: Sendable {
        /// A listener.
        public struct Listener: Hashable, Sendable {
            /// What it is bound to.
            public var address: IPAddress
            /// Its inode.
            public var inode: UInt64
            /// Who has it.
            public var holder: Int
            /// The user of the socket.
            public var uid: UInt32

            /// A listener of its properties.
            public init(address: IPAddress, inode: UInt64, holder: Int, uid: UInt32) {
                self.address = address
                self.inode = inode
                self.holder = holder
                self.uid = uid
            }
        }

        /// One that has gone.
        public struct Gone: Sendable {
            /// The listener.
            public var listener: Listener
            /// For how long it was there, in milliseconds, as far as that is known.
            public var age: Int64

            /// One that was there for so long.
            public init(listener: Listener, age: Int64) {
                self.listener = listener
                self.age = age
            }
        }

        /// The number of the namespace.
        public var namespace: Int
        /// TCP or UDP.
        public var transport: TransportProtocol
        /// The port.
        public var port: UInt16
        /// Those that stand there.
        public var listeners: [Listener]
        /// Those that have gone since the sample before.
        public var gone: [Gone]

        /// A port of its listeners.
        public init(
            namespace: Int, transport: TransportProtocol, port: UInt16, listeners: [Listener], gone: [Gone] = []
        ) {
            self.namespace = namespace
            self.transport = transport
            self.port = port
            self.listeners = listeners
            self.gone = gone
        }
    }

    /// An outgoing connection that came onto a port of a listener that has gone.
    public struct Stray: Sendable {
        /// The number of the namespace.
        public var namespace: Int
        /// The connection.
        public var row: SocketRow
        /// Who has it.
        public var holder: Int

        /// A connection of a holder.
        public init(namespace: Int, row: SocketRow, holder: Int) {
            self.namespace = namespace
            self.row = row
            self.holder = holder
        }
    }

    /// A TCP listener of the recorder's own namespace whose accept queue is full.
    public struct FullQueue: Hashable, Sendable {
        /// What it is bound to.
        public var local: Endpoint
        /// Its inode.
        public var inode: UInt64
        /// How many connections wait to be accepted.
        public var length: Int
        /// How many may.
        public var limit: Int

        /// A queue of its figures.
        public init(local: Endpoint, inode: UInt64, length: Int, limit: Int) {
            self.local = local
            self.inode = inode
            self.length = length
            self.limit = limit
        }
    }

    /// The sockets of one holder in CLOSE_WAIT.
    public struct CloseWaits: Hashable, Sendable {
        /// How many there are now.
        public var count: Int
        /// The number of the namespace that the newest change was in.
        public var namespace: Int

        /// Figures of their parts.
        public init(count: Int, namespace: Int) {
            self.count = count
            self.namespace = namespace
        }
    }

    /// Whether it tells everything there is, and not only what has changed: the first sample of a recorder does.
    public var isComplete = false
    /// The sample as it was written.
    public var sample: SampleRecord
    /// Every namespace, by number.
    public var namespaces: [Namespace]
    /// The destinations that have changed.
    public var destinations: [Towards] = []
    /// The ports whose listeners have changed.
    public var listening: [Listening] = []
    /// Connections on ports that were a listener's.
    public var strays: [Stray] = []
    /// Listeners whose accept queues are full, as far as sock_diag is asked.
    public var fullQueues: [FullQueue] = []
    /// A holder's sockets in CLOSE_WAIT, where their number has changed.
    public var closeWaits: [Int: CloseWaits] = [:]

    /// Figures of a sample that changes nothing.
    public init(sample: SampleRecord, namespaces: [Namespace]) {
        self.sample = sample
        self.namespaces = namespaces
    }
}

/// What an alert asks the history when it needs more than figures.
public protocol AlertWitness {
    /// Who a holder is; nobody where that is not known.
    func ownership(of holder: Int) -> Ownership
    /// How many of the ports towards a destination each holder has, 0 for nobody. It may look at every socket: to be asked for what
    /// is told, not with every sample.
    func holders(namespace: Int, towards destination: Destination) -> [Int: Int]
    /// The listeners that stand on a port now.
    func listeners(namespace: Int, _ transport: TransportProtocol, on port: UInt16) -> [SampleFigures.Listening
        .Listener]
    /// The outgoing TCP connections that stand on a port. It looks at every socket.
    func outgoing(namespace: Int, on port: UInt16) -> [SampleFigures.Stray]
    /// Whether a connection is still there, in whatever state.
    func isOpen(_ row: SocketRow, namespace: Int) -> Bool
}
