using Containers.Engine.Building.Syntax;

namespace Containers.Engine.Building.Execution;

/// <summary>Build arguments that nothing takes: most are misspelt.</summary>
internal static class UnusedArguments
{
    /// <summary>What builders and frontends are told, and no ARG has to declare.</summary>
    private const string OfBuilder = "BUILDKIT_";

    /// <param name="further">Names that base images declare in their triggers.</param>
    internal static void Warn(BuildRequest request, Dockerfile file, IEnumerable<string> further)
    {
        HashSet<string> declared = [.. Declared(file), .. further];
        foreach (string name in request.Arguments.Keys.Where(name => !declared.Contains(name) && !IsPredefined(name)).Order(StringComparer.Ordinal))
        {
            string? near = Suggestion.Nearest(name, declared);
            request.Warning?.Invoke(
                $"The build argument '{name}' was not used: no ARG declares it{(near is null ? "." : $"; did you mean {near}?")}");
        }
    }

    private static IEnumerable<string> Declared(Dockerfile file) => file.Stages.SelectMany(stage => stage.Instructions)
        .Select(instruction => instruction is OnBuildInstruction { Trigger: var trigger } ? trigger : instruction).OfType<ArgInstruction>()
        .Concat(file.GlobalArgs).SelectMany(arg => arg.Arguments).Select(argument => argument.Name);

    private static bool IsPredefined(string name) => name == SourceDateEpoch.Name || GlobalVariables.IsPlatform(name) || GlobalVariables.IsProxy(name)
        || name.StartsWith(OfBuilder, StringComparison.Ordinal);
}
