using System.Globalization;
using System.Text;
using System.Text.Json;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Launch;

namespace Containers.Engine.Building.Execution;

/// <summary>
/// Instructions that change nothing but the configuration: the rules are those of docker's Dockerfile reference, the texts of the history those
/// of moby/buildkit (dockerfile2llb), which tools read.
/// </summary>
internal static class ConfigInstructions
{
    internal static IReadOnlyList<string> DefaultShell { get; } = ["/bin/sh", "-c"];

    internal static IReadOnlyList<string> Shell(ImageDefaults config) => config.Shell.Count > 0 ? config.Shell : DefaultShell;

    /// <summary>Applies an expanded instruction; the text for the history, or null where the instruction is of another kind.</summary>
    internal static string? Apply(StageState state, Instruction instruction)
    {
        ImageDefaults now = state.Config.Config;
        switch (instruction)
        {
            case EnvInstruction env:
                state.Variables.Set(env);
                Set(state, now with { Env = SetVariables(now.Env, env.Pairs) });
                return "ENV " + Pairs(env.Pairs);
            case LabelInstruction label:
                Set(state, now with { Labels = Merge(now.Labels, label.Pairs) });
                return "LABEL " + Pairs(label.Pairs);
            case MaintainerInstruction maintainer:
                state.Config = state.Config with { Author = maintainer.Author };
                return "MAINTAINER " + maintainer.Author;
            case CmdInstruction cmd:
                IReadOnlyList<string> command = cmd.Command.WithShell(Shell(now));
                state.CommandSet = true;
                Set(state, now with { Cmd = command });
                return "CMD " + Quoted(command);
            case EntrypointInstruction entrypoint:
                IReadOnlyList<string> program = entrypoint.Command.WithShell(Shell(now));
                Set(state, now with { Entrypoint = program, Cmd = state.CommandSet ? now.Cmd : [] });
                return "ENTRYPOINT " + Quoted(program);
            case ShellInstruction shell:
                Set(state, now with { Shell = shell.Shell });
                return "SHELL " + List(shell.Shell);
            case ExposeInstruction expose:
                string[] ports = [.. expose.Ports.SelectMany(Ports).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
                Set(state, now with { ExposedPorts = [.. now.ExposedPorts.Union(ports).Order(StringComparer.Ordinal)] });
                return "EXPOSE " + List(ports);
            case VolumeInstruction volume:
                IReadOnlyList<string> volumes = [.. volume.Paths.Select(Volume)];
                Set(state, now with { Volumes = [.. now.Volumes.Union(volumes).Order(StringComparer.Ordinal)] });
                return "VOLUME " + List(volumes);
            case UserInstruction user:
                Set(state, now with { User = user.User.Text.Length > 0 ? user.User.Text : throw Empty(user.User) });
                return "USER " + user.User.Text;
            case StopSignalInstruction signal:
                Set(state, now with { StopSignal = Signal(signal.Signal) });
                return "STOPSIGNAL " + signal.Signal.Text;
            case OnBuildInstruction trigger:
                Set(state, now with { OnBuild = [.. now.OnBuild, trigger.Expression] });
                return "ONBUILD " + trigger.Expression;
            case HealthcheckInstruction check:
                string json = Healthcheck(check, Shell(now));
                Set(state, now with { Healthcheck = json });
                return "HEALTHCHECK " + json;
            default:
                return null;
        }
    }

    /// <summary>A directory as WORKDIR means it: from the one before, without "." and "..".</summary>
    internal static string Resolve(string? now, string path)
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

    internal static List<string> SetVariables(IReadOnlyList<string> now, IReadOnlyList<KeyValue> pairs)
    {
        List<string> all = [.. now];
        foreach (KeyValue pair in pairs)
        {
            int index = all.FindIndex(one => one.StartsWith(pair.Name + "=", StringComparison.Ordinal));
            if (index < 0)
            {
                all.Add(pair.Name + "=" + pair.Value);
            }
            else
            {
                all[index] = pair.Name + "=" + pair.Value;
            }
        }

        return all;
    }

    private static void Set(StageState state, ImageDefaults config) => state.Config = state.Config with { Config = config };

    private static EngineException Empty(Word word) => SourceText.Invalid(word.Range, $"'{word.Range.Source.Line(word.Range.FirstLine).Trim()}' says nothing");

    private static string Pairs(IReadOnlyList<KeyValue> pairs) => string.Join(' ', pairs.Select(pair => pair.Name + "=" + pair.Value));

    private static string List(IReadOnlyList<string> values) => "[" + string.Join(' ', values) + "]";

    private static string Quoted(IReadOnlyList<string> values) =>
        "[" + string.Join(' ', values.Select(value => "\"" + JsonEncodedText.Encode(value, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping) + "\"")) + "]";

    private static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> now, IReadOnlyList<KeyValue> pairs)
    {
        Dictionary<string, string> all = new(now);
        foreach (KeyValue pair in pairs)
        {
            all[pair.Name] = pair.Value;
        }

        return all;
    }

    /// <summary>80, 80/udp, 8000-8010: a range is each of its ports, as docker writes it down. What is said of the host is passed over.</summary>
    private static IEnumerable<string> Ports(Word word)
    {
        string text = word.Text.ToLowerInvariant();
        string port;
        try
        {
            port = ImageConfigBuilder.Port(text[(text.LastIndexOf(':') + 1)..]);
        }
        catch (EngineException e)
        {
            throw SourceText.Error(word.Range, "InvalidDockerfile", $"'{word.Text}' is no port", "Write port[-last][/tcp, /udp or /sctp].", inner: e);
        }

        string[] parts = port.Split('/');
        string[] range = parts[0].Split('-');
        int first = int.Parse(range[0], CultureInfo.InvariantCulture);
        int last = int.Parse(range[^1], CultureInfo.InvariantCulture);
        return last >= first
            ? Enumerable.Range(first, last - first + 1).Select(number => string.Create(CultureInfo.InvariantCulture, $"{number}/{parts[1]}"))
            : throw SourceText.Invalid(word.Range, $"'{word.Text}' is no port: the range ends before it begins");
    }

    private static string Volume(Word word) => word.Text.Trim() is { Length: > 0 } path
        ? path
        : throw SourceText.Invalid(word.Range, "a volume needs a path");

    private static string Signal(Word word)
    {
        try
        {
            _ = SignalNames.Parse(word.Text);
            return word.Text;
        }
        catch (EngineException e)
        {
            throw SourceText.Error(word.Range, "InvalidDockerfile", $"there is no signal '{word.Text}'", null, inner: e);
        }
    }

    /// <summary>Docker's JSON: durations are nanoseconds, what is not said is not there.</summary>
    private static string Healthcheck(HealthcheckInstruction check, IReadOnlyList<string> shell)
    {
        IReadOnlyList<string> test = check.Command is not { } command ? ["NONE"]
            : command.IsExec ? ["CMD", .. command.Arguments]
            : shell is ["/bin/sh", "-c"] ? ["CMD-SHELL", command.Arguments[0]]
            : ["CMD", .. command.WithShell(shell)];
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("Test");
            foreach (string word in test)
            {
                json.WriteStringValue(word);
            }

            json.WriteEndArray();
            foreach ((string name, TimeSpan time) in (ReadOnlySpan<(string, TimeSpan)>)
            [
                ("Interval", check.Interval), ("Timeout", check.Timeout), ("StartPeriod", check.StartPeriod), ("StartInterval", check.StartInterval),
            ])
            {
                if (time > TimeSpan.Zero)
                {
                    json.WriteNumber(name, time.Ticks * 100);
                }
            }

            if (check.Retries > 0)
            {
                json.WriteNumber("Retries", check.Retries);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
