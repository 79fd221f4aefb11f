using System.Text.Json;

namespace Containers.Engine.Images;

/// <summary>
/// Dockerfile instructions that change an image's configuration, as docker commit and docker import take them with --change: CMD, ENTRYPOINT,
/// ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME, WORKDIR (Dockerfile reference).
/// </summary>
internal static class ConfigChange
{
    private static readonly string[] s_defaultShell = ["/bin/sh", "-c"];

    /// <summary>Applies instructions in their order.</summary>
    /// <exception cref="EngineException">InvalidImageChange.</exception>
    internal static ImageConfig ApplyAll(ImageConfig config, IReadOnlyList<string> instructions)
    {
        bool commandSet = false;
        foreach (string instruction in instructions)
        {
            IReadOnlyList<string> command = config.Config.Cmd;
            config = Apply(config, instruction);
            if (Keyword(instruction) == "CMD")
            {
                commandSet = true;
            }
            else if (commandSet && Keyword(instruction) == "ENTRYPOINT")
            {
                // A new entrypoint drops the command it found, but not one of the same list.
                config = config with { Config = config.Config with { Cmd = command } };
            }
        }

        return config;
    }

    /// <summary>Applies one instruction.</summary>
    /// <exception cref="EngineException">InvalidImageChange.</exception>
    internal static ImageConfig Apply(ImageConfig config, string instruction)
    {
        string keyword = Keyword(instruction);
        string text = instruction.Trim()[keyword.Length..].Trim();
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal) || text.Contains('\n', StringComparison.Ordinal))
        {
            throw Invalid(instruction, text.Length == 0 ? "it has no value" : "it is more than one line");
        }

        ImageDefaults now = config.Config;
        ChangeWords words = new(text, instruction, now.Env);
        return config with
        {
            Config = keyword switch
            {
                "CMD" => now with { Cmd = Arguments(text, now) },
                "ENTRYPOINT" => now with { Entrypoint = Arguments(text, now), Cmd = [] },
                "ENV" => now with { Env = SetVariables(now.Env, words.Pairs()) },
                "LABEL" => now with { Labels = Merge(now.Labels, words.Pairs()) },
                "EXPOSE" => now with { ExposedPorts = [.. now.ExposedPorts.Union(words.All().SelectMany(port => Ports(port, instruction))).Order(StringComparer.Ordinal)] },
                "VOLUME" => now with { Volumes = [.. now.Volumes.Union(Volumes(text, words, instruction)).Order(StringComparer.Ordinal)] },
                "USER" => now with { User = words.One() },
                "WORKDIR" => now with { WorkingDir = Resolve(now.WorkingDir, words.One()) },
                "STOPSIGNAL" => now with { StopSignal = Signal(words.One(), instruction) },
                "SHELL" => now with { Shell = Json(text) is { Count: > 0 } shell ? shell : throw Invalid(instruction, "it takes a JSON array of strings") },
                "ONBUILD" => now with { OnBuild = [.. now.OnBuild, Trigger(text, instruction)] },
                "HEALTHCHECK" => now with { Healthcheck = HealthcheckChange.Parse(text, instruction) },
                _ => throw Invalid(instruction, $"{keyword} cannot be applied to an image that is there"),
            },
        };
    }

    internal static EngineException Invalid(string instruction, string why, Exception? inner = null) => new(
        EngineErrorKind.InvalidArgument, "InvalidImageChange", $"The change '{instruction}' cannot be applied: {why}.", instruction,
        "Write it as in a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME or WORKDIR.", inner);

    /// <summary>A JSON array of strings; null where the text is something else, which makes it a command for the shell.</summary>
    internal static List<string>? Json(string text)
    {
        if (!text.StartsWith('['))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            List<string> all = [];
            foreach (JsonElement element in document.RootElement.EnumerateArray())
            {
                if (element.ValueKind != JsonValueKind.String)
                {
                    return null;
                }

                all.Add(element.GetString()!);
            }

            return all;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // As docker has it: "[" may also begin a shell command.
        }
    }

    private static string Keyword(string instruction)
    {
        string trimmed = instruction.Trim();
        int end = trimmed.AsSpan().IndexOfAny(' ', '\t');
        return (end < 0 ? trimmed : trimmed[..end]).ToUpperInvariant();
    }

    private static IReadOnlyList<string> Shell(ImageDefaults now) => now.Shell.Count > 0 ? now.Shell : s_defaultShell;

    private static List<string> Arguments(string text, ImageDefaults now) => Json(text) ?? [.. Shell(now), text];

    private static List<string> SetVariables(IReadOnlyList<string> now, IReadOnlyList<(string Name, string Value)> pairs)
    {
        List<string> all = [.. now];
        foreach ((string name, string value) in pairs)
        {
            int index = all.FindIndex(one => one.StartsWith(name + "=", StringComparison.Ordinal));
            if (index < 0)
            {
                all.Add(name + "=" + value);
            }
            else
            {
                all[index] = name + "=" + value;
            }
        }

        return all;
    }

    private static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> now, IReadOnlyList<(string Name, string Value)> pairs)
    {
        Dictionary<string, string> all = new(now);
        foreach ((string name, string value) in pairs)
        {
            all[name] = value;
        }

        return all;
    }

    private static IEnumerable<string> Ports(string text, string instruction)
    {
        try
        {
            return ImageConfigBuilder.Ports(text.ToLowerInvariant());
        }
        catch (EngineException e)
        {
            throw Invalid(instruction, "an exposed port is written port[-last][/tcp, /udp or /sctp], the last one not below the first", e);
        }
    }

    private static IEnumerable<string> Volumes(string text, ChangeWords words, string instruction)
    {
        IReadOnlyList<string> paths = Json(text) ?? words.All();
        return paths.Count > 0 && paths.All(path => path is ['/', _, ..])
            ? paths
            : throw Invalid(instruction, "a volume is an absolute path below /");
    }

    private static string Resolve(string? now, string path)
    {
        string joined = path.StartsWith('/') ? path : (now ?? "/").TrimEnd('/') + "/" + path;
        List<string> parts = [];
        foreach (string part in joined.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."))
        {
            if (part != "..")
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
        }

        return "/" + string.Join('/', parts);
    }

    private static string Signal(string name, string instruction)
    {
        try
        {
            _ = Launch.SignalNames.Parse(name);
            return name;
        }
        catch (EngineException e)
        {
            throw Invalid(instruction, "there is no such signal", e);
        }
    }

    private static string Trigger(string text, string instruction) => Keyword(text) is "ONBUILD" or "FROM" or "MAINTAINER"
        ? throw Invalid(instruction, $"{Keyword(text)} cannot be done on builds")
        : text;
}
