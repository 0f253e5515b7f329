/// Finds the place of the main list in an encoded document.
enum JSONShell {
    /// The index of the `]` of `"name":[]` at the top level of a compact JSON object; `nil` when there is none.
    static func gap(ofList name: String, in json: [UInt8]) -> Int? {
        let key = Array("\"\(name)\":[]".utf8)
        var depth = 0
        var index = 0
        while index < json.count {
            switch json[index] {
            case UInt8(ascii: "\""):
                if depth == 1, json[index...].starts(with: key) { return index + key.count - 1 }
                index = endOfString(from: index, in: json)
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            index += 1
        }
        return nil
    }

    /// The index of the quote that ends the string which begins at `start`.
    private static func endOfString(from start: Int, in json: [UInt8]) -> Int {
        var index = start + 1
        while index < json.count, json[index] != UInt8(ascii: "\"") {
            index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index
    }
}
