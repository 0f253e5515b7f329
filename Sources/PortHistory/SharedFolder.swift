import Glibc

/// What somebody else may have put where a recorder writes.
///
/// In a folder that anybody may write (/tmp), another user can leave a file or a link with the name of the history or of one of its
/// companions before the recorder comes: it would write into a file of that user's choosing, or where that user reads. As root this
/// would be every file and every socket of the host. `fs.protected_symlinks` does not help: it is for open(2), not for readlink(2).
enum SharedFolder {
    /// What stands beside the history.
    private static let companions = ["-wal", "-shm", "-journal", "-lock"]

    /// Refuses to record where what is there may be somebody else's doing.
    ///
    /// - Parameters:
    ///   - path: as it was given.
    ///   - resolved: the same without symbolic links.
    /// - Throws: ``HistoryError/cannotCreate(path:reason:)``: a companion is a link or no file; or, in a folder that anybody may write,
    ///   the history, a link to it or a companion is another user's.
    static func check(_ path: String, _ resolved: String) throws(HistoryError) {
        for companion in companions.map({ resolved + $0 }) {
            guard let found = status(companion) else { continue }
            if found.st_mode & S_IFMT == S_IFLNK { throw refusal(companion, "it is a symbolic link") }
            if found.st_mode & S_IFMT != S_IFREG { throw refusal(companion, "it is no file") }
            try expectOwn(companion, found)
        }
        for file in path == resolved ? [path] : [path, resolved] {
            if let found = status(file) { try expectOwn(file, found) }
        }
    }

    private static func expectOwn(_ path: String, _ found: stat) throws(HistoryError) {
        guard found.st_uid != geteuid(), isShared(folder(of: path)) else { return }
        throw refusal(path, "anybody may write its folder, and it is of user \(found.st_uid)")
    }

    private static func refusal(_ path: String, _ reason: String) -> HistoryError {
        .cannotCreate(path: path, reason: reason)
    }

    /// Whether users other than the owner and the group may make files there. The sticky bit does not keep them from it.
    private static func isShared(_ folder: String) -> Bool {
        var found = stat()
        return stat(folder, &found) == 0 && found.st_mode & S_IWOTH != 0
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func status(_ path: String) -> stat? {
        var found = stat()
        return lstat(path, &found) == 0 ? found : nil
    }
}
