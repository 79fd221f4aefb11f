namespace Containers.HelpBuilder;

/// <summary>What the assembly itself says about a cmdlet.</summary>
public sealed record CommandFacts(
    string Name, IReadOnlyList<ParameterSetFacts> Sets, IReadOnlyList<ParameterFacts> Parameters, IReadOnlyList<string> Outputs);

/// <summary>One line of the syntax, parameters in the order PowerShell shows them.</summary>
public sealed record ParameterSetFacts(string Name, IReadOnlyList<ParameterFacts> Parameters);

/// <param name="Name">Without the dash.</param>
/// <param name="Type">As people write it: String[], Int64, SwitchParameter.</param>
/// <param name="Mandatory">In this set; for the whole cmdlet: in every set that has it.</param>
/// <param name="Position">"0", "1", ... or "named".</param>
/// <param name="Pipeline">"False", "True (ByValue)", "True (ByPropertyName)" or both.</param>
/// <param name="Wildcards">SupportsWildcards is on it.</param>
/// <param name="Aliases">Other names.</param>
/// <param name="Values">What an enumeration or ValidateSet admits; empty where anything goes.</param>
/// <param name="IsSwitch">Takes no value.</param>
public sealed record ParameterFacts(
    string Name,
    string Type,
    bool Mandatory,
    string Position,
    string Pipeline,
    bool Wildcards,
    IReadOnlyList<string> Aliases,
    IReadOnlyList<string> Values,
    bool IsSwitch)
{
    public bool FromPipeline => Pipeline != "False";
}
