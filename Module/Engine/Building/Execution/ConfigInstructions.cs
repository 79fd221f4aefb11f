using System.Text;
using System.Text.Json;
using Containers.Engine.Building.Checking;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;

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
        InstructionRules.Check(instruction, _ => true);
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
                string[] ports = [.. expose.Ports.SelectMany(InstructionRules.Ports).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
                Set(state, now with { ExposedPorts = [.. now.ExposedPorts.Union(ports).Order(StringComparer.Ordinal)] });
                return "EXPOSE " + List(ports);
            case VolumeInstruction volume:
                IReadOnlyList<string> volumes = [.. volume.Paths.Select(path => path.Text.Trim())];
                Set(state, now with { Volumes = [.. now.Volumes.Union(volumes).Order(StringComparer.Ordinal)] });
                return "VOLUME " + List(volumes);
            case UserInstruction user:
                Set(state, now with { User = user.User.Text });
                return "USER " + user.User.Text;
            case StopSignalInstruction signal:
                Set(state, now with { StopSignal = signal.Signal.Text });
                return "STOPSIGNAL " + signal.Signal.Text;
            case OnBuildInstruction trigger:
                Set(state, now with { OnBuild = [.. now.OnBuild, trigger.Expression] });
                return "ONBUILD " + trigger.Expression;
            case HealthcheckInstruction check:
                string json = Healthcheck(check);
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

    /// <summary>Docker's JSON: durations are nanoseconds, what is not said is not there. The shell of a text is the image's when the check runs.</summary>
    private static string Healthcheck(HealthcheckInstruction check)
    {
        IReadOnlyList<string> test = check.Command is not { } command ? ["NONE"]
            : command.IsExec ? ["CMD", .. command.Arguments]
            : ["CMD-SHELL", command.Arguments[0]];
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
