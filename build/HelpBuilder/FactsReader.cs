using System.Management.Automation;

namespace Containers.HelpBuilder;

/// <summary>Reads a cmdlet's syntax, types and bindings from PowerShell's view of it.</summary>
internal static class FactsReader
{
    public static CommandFacts Read(CmdletInfo command)
    {
        var sets = command.ParameterSets
            .OrderByDescending(set => set.IsDefault)
            .Select(set => new ParameterSetFacts(set.Name, [.. set.Parameters.Where(IsOwn).Select(Read).OrderBy(Rank)]))
            .ToList();
        var all = sets.SelectMany(set => set.Parameters).GroupBy(parameter => parameter.Name).Select(Merge).OrderBy(Rank).ToList();
        return new CommandFacts(command.Name, sets, all, [.. command.OutputType.Select(type => type.Name).Distinct()]);
    }

    // Positional parameters first, then what must be given, then the order of the source; WhatIf and Confirm close.
    private static int Rank(ParameterFacts parameter) => parameter switch
    {
        { Name: "WhatIf" or "Confirm" } => int.MaxValue,
        { Position: not "named" } => int.Parse(parameter.Position, System.Globalization.CultureInfo.InvariantCulture),
        { Mandatory: true } => 1000,
        _ => 1001,
    };

    private static bool IsOwn(CommandParameterInfo parameter) =>
        parameter.Name is "WhatIf" or "Confirm"
        || !(Cmdlet.CommonParameters.Contains(parameter.Name) || Cmdlet.OptionalCommonParameters.Contains(parameter.Name));

    private static ParameterFacts Read(CommandParameterInfo parameter) => new(
        parameter.Name,
        TypeName(parameter.ParameterType),
        parameter.IsMandatory,
        parameter.Position < 0 ? "named" : parameter.Position.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Pipeline(parameter.ValueFromPipeline, parameter.ValueFromPipelineByPropertyName),
        parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any(),
        [.. parameter.Aliases],
        Values(parameter),
        parameter.ParameterType == typeof(SwitchParameter));

    // What holds in the whole cmdlet: mandatory only where every set says so, the pipeline wherever any set takes it.
    private static ParameterFacts Merge(IGrouping<string, ParameterFacts> sets)
    {
        var all = sets.ToList();
        return all[0] with
        {
            Mandatory = all.TrueForAll(parameter => parameter.Mandatory),
            Position = all.Find(parameter => parameter.Position != "named")?.Position ?? "named",
            Pipeline = Pipeline(
                all.Exists(parameter => parameter.Pipeline.Contains("ByValue", StringComparison.Ordinal)),
                all.Exists(parameter => parameter.Pipeline.Contains("ByPropertyName", StringComparison.Ordinal))),
        };
    }

    private static string Pipeline(bool byValue, bool byName) => (byValue, byName) switch
    {
        (true, true) => "True (ByValue, ByPropertyName)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };

    private static string[] Values(CommandParameterInfo parameter)
    {
        if (parameter.Attributes.OfType<ValidateSetAttribute>().FirstOrDefault() is { } set)
        {
            return [.. set.ValidValues];
        }

        var type = parameter.ParameterType.GetElementType() ?? parameter.ParameterType;
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum ? Enum.GetNames(type) : [];
    }

    private static string TypeName(Type type) =>
        type.IsArray ? TypeName(type.GetElementType()!) + "[]"
        : Nullable.GetUnderlyingType(type) is { } inner ? TypeName(inner)
        : type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`')]}[{string.Join(',', type.GetGenericArguments().Select(TypeName))}]"
        : type.Name;
}
