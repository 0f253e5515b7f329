import Glibc
import Yams

/// The configuration file: YAML, as text with the lines that it stands on. What it means is not its business.
struct ConfigurationFile: Sendable {
    /// A value: one text, or several of a list.
    struct Value: Hashable, Sendable {
        /// The texts as they stand there.
        var texts: [String]
        /// It is a list.
        var isList: Bool
        /// The line, counted from 1.
        var line: Int
    }

    /// The path that it was read from.
    let path: String
    /// The values by their names, with points between the levels, in the order of the file.
    private(set) var values: [(name: String, value: Value)] = []

    /// What stands in the file at a path.
    ///
    /// - Throws: ``PortlogError`` with status 64 when it cannot be read, or is no YAML.
    init(path: String) throws {
        let bytes: [UInt8]
        do { bytes = try Self.read(path) } catch {
            throw ConfigurationError.file(path, "\(error)")
        }
        guard bytes.count <= Self.most, let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError.file(path, "it is no text in UTF-8 of at most \(Self.most >> 10) KiB")
        }
        try self.init(text: text, path: path)
    }

    /// What a text says.
    init(text: String, path: String) throws {
        self.path = path
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch {
            throw ConfigurationError.file(
                path, "it is no YAML: \("\(error)".split(separator: "\n").joined(separator: " "))")
        }
        guard let root, root != Node("", Tag(.null)) else { return }
        guard case .mapping(let mapping) = root else {
            if case .scalar(let scalar) = root, scalar.string.isEmpty { return }
            throw ConfigurationError.file(path, "it holds no keys with values")
        }
        try add(mapping, below: [])
    }

    /// The largest file that is read, in bytes.
    private static let most = 1 << 20

    /// The bytes of a regular file, one more than ``most`` at most. A pipe is not waited for.
    private static func read(_ path: String) throws(ValueError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw unreadable(EISDIR)
        default: throw ValueError("it is no regular file")
        }
        var bytes: [UInt8] = []
        while bytes.count <= most {
            var piece = [UInt8](repeating: 0, count: most + 1 - bytes.count)
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0 { throw unreadable(errno) }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return bytes
    }

    private static func unreadable(_ number: Int32) -> ValueError {
        ValueError("it cannot be read: \(String(cString: strerror(number)))")
    }

    /// The text of a value: none where YAML has null.
    private static func text(of scalar: Node.Scalar) -> String {
        scalar.style == .plain && ["~", "null", "Null", "NULL"].contains(scalar.string) ? "" : scalar.string
    }

    private mutating func add(_ mapping: Node.Mapping, below levels: [String]) throws {
        var names: Set<String> = []
        for (key, node) in mapping {
            let line = key.mark?.line ?? node.mark?.line ?? 0
            guard let name = key.scalar?.string else {
                throw ConfigurationError.file(path, "line \(line): a key is one word")
            }
            let full = levels + [name]
            guard names.insert(name).inserted else {
                throw ConfigurationError.file(path, "line \(line): \(full.joined(separator: ".")) stands there twice")
            }
            switch node {
            case .mapping(let inner) where inner.isEmpty:
                values.append((full.joined(separator: "."), Value(texts: [""], isList: false, line: line)))
            case .mapping(let inner): try add(inner, below: full)
            case .scalar(let scalar):
                values.append(
                    (full.joined(separator: "."), Value(texts: [Self.text(of: scalar)], isList: false, line: line)))
            case .sequence(let sequence):
                let texts = sequence.compactMap { $0.scalar?.string }
                guard texts.count == sequence.count else {
                    throw ConfigurationError.file(
                        path, "line \(line): \(full.joined(separator: ".")) is a list of something else than words")
                }
                values.append((full.joined(separator: "."), Value(texts: texts, isList: true, line: line)))
            case .alias:
                throw ConfigurationError.file(path, "line \(line): aliases are not understood")
            }
        }
    }
}

/// Why a configuration cannot be used.
enum ConfigurationError {
    /// The file as a whole.
    static func file(_ path: String, _ why: String) -> PortlogError {
        PortlogError(.usage, "cannot use \(path)", why: why, whatToDo: checking(path))
    }

    /// What to do about a file, where it is not that which has just been done.
    static func checking(_ path: String) -> String {
        "'portlog config check --config \(path)' tells when it is right."
    }

    /// A value that is not allowed.
    static func value(_ place: String, _ name: String, _ text: String, allowed: String) -> PortlogError {
        PortlogError(
            .usage, "wrong configuration", why: "\(place): \(name) is '\(text)'; allowed is \(allowed)",
            whatToDo: "Nothing was changed.")
    }

    /// A key that there is not.
    static func unknown(_ place: String, _ name: String, known: [String]) -> PortlogError {
        PortlogError(
            .usage, "wrong configuration", why: "\(place): there is no key \(name)",
            whatToDo: known.isEmpty
                ? "See etc/portlog.yaml for all keys." : "Allowed there: \(known.joined(separator: ", ")).")
    }
}
