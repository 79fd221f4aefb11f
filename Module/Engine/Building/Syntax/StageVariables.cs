namespace Containers.Engine.Building.Syntax;

/// <summary>
/// The variables of a stage while its instructions are gone through: those of its base, ENV, and ARG from where it is declared on. What is
/// set later wins, be it ARG or ENV, as in moby/buildkit.
/// </summary>
internal sealed class StageVariables : IVariables
{
    /// <summary>UTF-16 units of all names and values; a program can be given two megabytes.</summary>
    private const int MaxTotal = 8 << 20;

    private readonly GlobalVariables _global;
    private readonly List<string> _order = [];
    private readonly Dictionary<string, string> _values = [];
    private readonly List<ArgumentValue> _arguments = [];
    private int _total;

    /// <param name="environment">NAME=value of the base image.</param>
    internal StageVariables(GlobalVariables global, IEnumerable<string> environment)
    {
        _global = global;
        foreach (string one in environment)
        {
            int equals = one.IndexOf('=', StringComparison.Ordinal);
            Put(equals < 0 ? one : one[..equals], equals < 0 ? "" : one[(equals + 1)..], null);
        }
    }

    /// <summary>A stage that stands on another one sees all of it, its arguments too.</summary>
    internal StageVariables(StageVariables baseStage)
    {
        _global = baseStage._global;
        foreach (string name in baseStage._order)
        {
            Put(name, baseStage._values[name], null);
        }

        _arguments.AddRange(baseStage._arguments);
    }

    /// <summary>A declared argument and its value, null where it has none.</summary>
    internal sealed record ArgumentValue(string Name, string? Value);

    /// <summary>What a RUN at this place gets: NAME=value, in the order of their first setting.</summary>
    internal IEnumerable<string> Environment => _order.Select(name => $"{name}={_values[name]}");

    /// <summary>Every argument declared so far, in their order; a name may come twice.</summary>
    internal IReadOnlyList<ArgumentValue> Arguments => _arguments;

    public IEnumerable<string> Names => _order;

    public ExpansionBudget Budget => _global.Budget;

    public string? Find(string name) => _values.GetValueOrDefault(name);

    /// <summary>ARG: what was given wins, then the default, then a global argument of that name.</summary>
    /// <returns>What this instruction declared.</returns>
    /// <exception cref="EngineException">A default cannot be expanded.</exception>
    internal IReadOnlyList<ArgumentValue> Declare(ArgInstruction instruction, WordExpander expander)
    {
        List<ArgumentValue> declared = [];
        foreach (ArgumentDefinition argument in instruction.Arguments)
        {
            string? value = _global.Given.GetValueOrDefault(argument.Name)
                ?? (argument.Default is null ? _global.Find(argument.Name) : expander.Expand(argument.Default, argument.Range));
            if (value is not null)
            {
                Put(argument.Name, value, argument.Range);
            }

            declared.Add(new ArgumentValue(argument.Name, value));
            _arguments.Add(declared[^1]);
        }

        return declared;
    }

    /// <summary>ENV, already expanded.</summary>
    internal void Set(EnvInstruction instruction)
    {
        foreach (KeyValue pair in instruction.Pairs)
        {
            Put(pair.Name, pair.Value, pair.Range);
        }
    }

    private void Put(string name, string value, SourceRange? range)
    {
        if (range is not null && (name.Length == 0 || name.AsSpan().ContainsAny('=', '\0') || value.Contains('\0', StringComparison.Ordinal)))
        {
            throw SourceText.Invalid(range, name.Length == 0 ? "the variable has no name" : "a variable's name has no '=', and neither part a zero byte");
        }

        if (!_values.TryGetValue(name, out string? before))
        {
            _order.Add(name);
        }

        _total += value.Length - (before?.Length ?? -name.Length);
        if (_total > MaxTotal && range is not null)
        {
            throw SourceText.Invalid(range, "the variables of this stage are too large for any program");
        }

        _values[name] = value;
    }
}
