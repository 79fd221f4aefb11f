using System.Collections;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>Variables and limits of the process.</summary>
public abstract partial class ContainerSettingCmdlet
{
    /// <summary>Variables, as a hashtable, as 'NAME=value', or as 'NAME' for the caller's value.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Null)]
    [Alias("Env")]
    public IDictionary? Environment { get; set; }

    /// <summary>Limits of setrlimit(2): name and 'soft:hard' or one number for both.</summary>
    [Parameter, MapTransformation]
    [ArgumentCompleter(typeof(UlimitCompleter))]
    public IDictionary? Ulimit { get; set; }

    private protected Dictionary<string, UlimitSpec> BuildUlimits() =>
        Map(Ulimit).ToDictionary(entry => entry.Key, entry => ParseUlimit(entry.Key, entry.Value), StringComparer.Ordinal);

    /// <summary>Those of -Environment, over what is there.</summary>
    private protected void AddVariables(Dictionary<string, string> variables)
    {
        foreach ((string key, string? value) in Entries(Environment))
        {
            SetVariable(variables, key, value);
        }
    }

    /// <summary>A name alone copies the caller's value; where the caller has none, the container gets none.</summary>
    private protected static void SetVariable(Dictionary<string, string> variables, string key, string? value)
    {
        if ((value ?? System.Environment.GetEnvironmentVariable(key)) is { } known)
        {
            variables[key] = known;
        }
    }

    private static UlimitSpec ParseUlimit(string name, string text)
    {
        string[] parts = text.Split(':');
        return parts.Length <= 2 && ByteSize.TryParse(parts[0], out long soft) && ByteSize.TryParse(parts[^1], out long hard)
            ? new UlimitSpec(soft, hard)
            : throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidUlimit", $"\"{text}\" is no value for the limit \"{name}\".", text,
                "Give one number, 'soft:hard', or 'unlimited'.");
    }
}
