using System.Text.Json;

namespace Containers.Engine.Launch.Seccomp;

/// <summary>
/// Reads docker's JSON form (moby/profiles, seccomp.go; runtime-spec, config-linux.md#seccomp). Stricter than docker: a word that
/// it does not know is an error and not ignored, because a misspelled "args" or "excludes" would open what it should close.
/// Ignored are comments and keys that begin with "_" or "$"; null means absent, as in Go.
/// </summary>
internal static class SeccompProfileReader
{
    private const int MaxBytes = 1 << 20;
    private const ushort PermissionDenied = 1;

    // MAX_ERRNO of linux/err.h; the kernel would silently cut a greater one.
    private const ushort MaxErrno = 4095;

    private static readonly string[] s_profileKeys =
    [
        "defaultAction", "defaultErrnoRet", "defaultErrno", "archMap", "architectures", "flags", "syscalls", "listenerPath",
        "listenerMetadata", "comment",
    ];

    private static readonly string[] s_ruleKeys =
        ["name", "names", "action", "errnoRet", "errno", "args", "includes", "excludes", "comment"];

    private static readonly string[] s_mapKeys = ["architecture", "subArchitectures"];
    private static readonly string[] s_argumentKeys = ["index", "value", "valueTwo", "op"];
    private static readonly string[] s_scopeKeys = ["caps", "arches", "minKernel"];

    private static readonly string[] s_architectures =
    [
        "X86", "X86_64", "X32", "ARM", "AARCH64", "LOONGARCH64", "M68K", "MIPS", "MIPS64", "MIPS64N32", "MIPSEL", "MIPSEL64",
        "MIPSEL64N32", "PARISC", "PARISC64", "PPC", "PPC64", "PPC64LE", "RISCV64", "S390", "S390X", "SH", "SHEB",
    ];

    internal static SeccompProfile Read(ReadOnlySpan<byte> utf8Json)
    {
        if (utf8Json.Length > MaxBytes)
        {
            throw Invalid($"it has {utf8Json.Length} bytes and may have {MaxBytes}");
        }

        if (utf8Json.StartsWith("\uFEFF"u8))
        {
            utf8Json = utf8Json[3..];
        }

        try
        {
            JsonDocumentOptions options = new() { AllowDuplicateProperties = false, MaxDepth = 32 };
            using JsonDocument document = JsonDocument.Parse(utf8Json.ToArray(), options);
            return ReadProfile(document.RootElement);
        }
        catch (JsonException e)
        {
            throw Invalid($"it is not JSON: {e.Message}", e);
        }
    }

    private static SeccompProfile ReadProfile(JsonElement root)
    {
        Dictionary<string, JsonElement> keys = Keys(root, "the profile", s_profileKeys);
        if (keys.ContainsKey("archMap") && keys.ContainsKey("architectures"))
        {
            throw Invalid("it has both archMap and architectures");
        }

        List<SeccompRule> rules = [];
        foreach ((JsonElement item, string place) in Items(keys, "syscalls", ""))
        {
            rules.Add(ReadRule(item, place));
        }

        return new SeccompProfile
        {
            DefaultVerdict = ReadVerdict(keys, "defaultAction", "defaultErrnoRet", "defaultErrno", ""),
            ArchitectureMap = keys.ContainsKey("archMap") ? ReadArchitectureMap(keys) : null,
            Architectures = [.. Items(keys, "architectures", "").Select(static i => ReadArchitecture(i.Item, i.Place))],
            Flags = Strings(keys, "flags", ""),
            Rules = rules,
        };
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadArchitectureMap(Dictionary<string, JsonElement> profile)
    {
        Dictionary<string, IReadOnlyList<string>> map = [];
        foreach ((JsonElement item, string place) in Items(profile, "archMap", ""))
        {
            Dictionary<string, JsonElement> keys = Keys(item, place, s_mapKeys);
            string host = ReadArchitecture(Required(keys, "architecture", place), Join(place, "architecture"));
            IReadOnlyList<string> others =
                [.. Items(keys, "subArchitectures", place).Select(static i => ReadArchitecture(i.Item, i.Place))];

            // As in docker, the first entry of an architecture counts.
            map.TryAdd(host, others);
        }

        return map;
    }

    private static string ReadArchitecture(JsonElement element, string place)
    {
        string name = String(element, place);
        return name.StartsWith("SCMP_ARCH_", StringComparison.Ordinal) && s_architectures.Contains(name["SCMP_ARCH_".Length..])
            ? name
            : throw Invalid($"{place} is '{name}', which is no architecture such as SCMP_ARCH_X86_64");
    }

    private static SeccompRule ReadRule(JsonElement element, string place)
    {
        Dictionary<string, JsonElement> keys = Keys(element, place, s_ruleKeys);
        if (keys.ContainsKey("name") == keys.ContainsKey("names"))
        {
            throw Invalid($"{place} must have either names or the older name");
        }

        IReadOnlyList<string> names = keys.TryGetValue("name", out JsonElement name)
            ? [String(name, Join(place, "name"))]
            : Strings(keys, "names", place);
        return new SeccompRule(
            names,
            ReadVerdict(keys, "action", "errnoRet", "errno", place),
            [.. Items(keys, "args", place).Select(static i => ReadCondition(i.Item, i.Place))],
            ReadScope(keys, "includes", place),
            ReadScope(keys, "excludes", place));
    }

    private static SeccompVerdict ReadVerdict(
        Dictionary<string, JsonElement> keys, string actionKey, string dataKey, string nameKey, string parent)
    {
        string place = Join(parent, actionKey);
        string word = String(Required(keys, actionKey, parent), place);
        SeccompAction action = word switch
        {
            "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => SeccompAction.KillThread,
            "SCMP_ACT_KILL_PROCESS" => SeccompAction.KillProcess,
            "SCMP_ACT_TRAP" => SeccompAction.Trap,
            "SCMP_ACT_ERRNO" => SeccompAction.Errno,
            "SCMP_ACT_TRACE" => SeccompAction.Trace,
            "SCMP_ACT_LOG" => SeccompAction.Log,
            "SCMP_ACT_ALLOW" => SeccompAction.Allow,
            "SCMP_ACT_NOTIFY" => SeccompAction.Notify,
            _ => throw Invalid($"{place} is '{word}', which is no action such as SCMP_ACT_ALLOW"),
        };

        ushort? data = null;
        if (keys.TryGetValue(dataKey, out JsonElement number))
        {
            ushort limit = action == SeccompAction.Trace ? ushort.MaxValue : MaxErrno;
            data = number.ValueKind == JsonValueKind.Number && number.TryGetUInt16(out ushort value) && value <= limit
                ? value
                : throw Invalid($"{Join(parent, dataKey)} must be a number from 0 to {limit}");
        }
        else if (keys.ContainsKey(nameKey))
        {
            // podman writes the name beside the number, for people; alone it would mean something that we would not do.
            throw Invalid($"{Join(parent, nameKey)} is a name without the number in {dataKey}");
        }

        // runc's default for both, libcontainer/seccomp.
        bool hasData = action is SeccompAction.Errno or SeccompAction.Trace;
        return new SeccompVerdict(action, hasData ? data ?? PermissionDenied : (ushort)0);
    }

    private static SeccompCondition ReadCondition(JsonElement element, string place)
    {
        Dictionary<string, JsonElement> keys = Keys(element, place, s_argumentKeys);
        ulong index = Number(Required(keys, "index", place), Join(place, "index"));
        if (index > 5)
        {
            throw Invalid($"{Join(place, "index")} is {index}; a system call has arguments 0 to 5");
        }

        string word = String(Required(keys, "op", place), Join(place, "op"));
        SeccompComparison comparison = word switch
        {
            "SCMP_CMP_NE" => SeccompComparison.NotEqual,
            "SCMP_CMP_LT" => SeccompComparison.Less,
            "SCMP_CMP_LE" => SeccompComparison.LessOrEqual,
            "SCMP_CMP_EQ" => SeccompComparison.Equal,
            "SCMP_CMP_GE" => SeccompComparison.GreaterOrEqual,
            "SCMP_CMP_GT" => SeccompComparison.Greater,
            "SCMP_CMP_MASKED_EQ" => SeccompComparison.MaskedEqual,
            _ => throw Invalid($"{Join(place, "op")} is '{word}', which is no comparison such as SCMP_CMP_EQ"),
        };
        ulong value = Number(Required(keys, "value", place), Join(place, "value"));
        ulong valueTwo = keys.TryGetValue("valueTwo", out JsonElement two) ? Number(two, Join(place, "valueTwo")) : 0;
        return new SeccompCondition((int)index, comparison, value, comparison == SeccompComparison.MaskedEqual ? valueTwo : 0);
    }

    private static SeccompScope ReadScope(Dictionary<string, JsonElement> rule, string key, string parent)
    {
        if (!rule.TryGetValue(key, out JsonElement element))
        {
            return SeccompScope.Empty;
        }

        string place = Join(parent, key);
        Dictionary<string, JsonElement> keys = Keys(element, place, s_scopeKeys);
        Version? kernel = null;
        if (keys.TryGetValue("minKernel", out JsonElement version) && String(version, Join(place, "minKernel")) is { Length: > 0 } text)
        {
            kernel = text.Count('.') == 1 && Version.TryParse(text, out Version? parsed)
                ? parsed
                : throw Invalid($"{Join(place, "minKernel")} is '{text}', not two numbers such as 4.8");
        }

        return new SeccompScope(Strings(keys, "caps", place), Strings(keys, "arches", place), kernel);
    }

    // Keys are matched as Go does, in any case; null is absent.
    private static Dictionary<string, JsonElement> Keys(JsonElement element, string place, string[] known)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Invalid($"{place} must be an object");
        }

        Dictionary<string, JsonElement> keys = new(StringComparer.OrdinalIgnoreCase);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null || property.Name is ['_' or '$', ..])
            {
                continue;
            }

            if (!known.Contains(property.Name, StringComparer.OrdinalIgnoreCase))
            {
                throw Invalid($"{place} has the unknown key '{property.Name}'");
            }

            if (!keys.TryAdd(property.Name, property.Value))
            {
                throw Invalid($"{place} has the key '{property.Name}' twice");
            }
        }

        return keys;
    }

    private static JsonElement Required(Dictionary<string, JsonElement> keys, string key, string place) =>
        keys.TryGetValue(key, out JsonElement element) ? element : throw Invalid($"{Join(place, key)} is missing");

    private static List<(JsonElement Item, string Place)> Items(Dictionary<string, JsonElement> keys, string key, string parent)
    {
        List<(JsonElement, string)> items = [];
        if (keys.TryGetValue(key, out JsonElement array))
        {
            string place = Join(parent, key);
            if (array.ValueKind != JsonValueKind.Array)
            {
                throw Invalid($"{place} must be an array");
            }

            foreach (JsonElement item in array.EnumerateArray())
            {
                items.Add((item, $"{place}[{items.Count}]"));
            }
        }

        return items;
    }

    private static string[] Strings(Dictionary<string, JsonElement> keys, string key, string parent) =>
        [.. Items(keys, key, parent).Select(static i => String(i.Item, i.Place))];

    private static string String(JsonElement element, string place)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Invalid($"{place} must be a string");
        }
        catch (InvalidOperationException e)
        {
            // An escaped half of a surrogate pair is JSON, but no text.
            throw Invalid($"{place} is no valid text", e);
        }
    }

    private static ulong Number(JsonElement element, string place) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetUInt64(out ulong value)
            ? value
            : throw Invalid($"{place} must be a whole number from 0 to {ulong.MaxValue}");

    private static string Join(string parent, string key) => parent.Length == 0 ? key : $"{parent}.{key}";

    private static EngineException Invalid(string what, Exception? inner = null) => new(
        EngineErrorKind.InvalidData,
        "InvalidSeccompProfile",
        $"The seccomp profile cannot be used: {what}.",
        action: "Correct the file; docker's default profile is an example of the form.",
        inner: inner);
}
