using System.Diagnostics;
using System.Management.Automation;

namespace Containers.Shell.Cmdlets;

[Cmdlet(VerbsDiagnostic.Measure, "Object")]
public sealed class MeasureObjectCommand : PSCmdlet
{
    private readonly List<object?> _values = [];
    private CalculatedProperty? _property;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object? Property { get; set; }

    [Parameter]
    public SwitchParameter Sum { get; set; }

    [Parameter]
    public SwitchParameter Average { get; set; }

    [Parameter]
    public SwitchParameter Minimum { get; set; }

    [Parameter]
    public SwitchParameter Maximum { get; set; }

    protected override void BeginProcessing() =>
        _property = Property is null ? null : CalculatedProperty.Parse(this, [Property])[0];

    protected override void ProcessRecord()
    {
        object? value = InputObject is null ? null : _property is null ? InputObject : _property.Value(InputObject);
        if (value is not null)
        {
            _values.Add(value);
        }
    }

    protected override void EndProcessing()
    {
        PSObject result = new();
        result.TypeNames.Insert(0, "Microsoft.PowerShell.Commands.GenericMeasureInfo");
        void Add(string name, object? value) => result.Properties.Add(new PSNoteProperty(name, value));

        double? sum = Sum || Average ? _values.Sum(Number) : null;
        Add("Count", _values.Count);
        Add("Average", Average && _values.Count > 0 ? sum / _values.Count : null);
        Add("Sum", Sum ? sum : null);
        Add("Maximum", Maximum ? _values.Max(LooseEquality.CaseSensitive) : null);
        Add("Minimum", Minimum ? _values.Min(LooseEquality.CaseSensitive) : null);
        Add("Property", Property?.ToString());
        WriteObject(result);
    }

    private double Number(object? value)
    {
        if (LanguagePrimitives.TryConvertTo(value, out double number))
        {
            return number;
        }

        PSInvalidCastException error = new($"'{value}' is not a number.");
        WriteError(new ErrorRecord(error, "NonNumericInputObject", ErrorCategory.InvalidType, value));
        return 0;
    }
}

[Cmdlet(VerbsDiagnostic.Measure, "Command")]
[OutputType(typeof(TimeSpan))]
public sealed class MeasureCommandCommand : PSCmdlet
{
    private readonly Stopwatch _watch = new();

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Mandatory = true, Position = 0)]
    public ScriptBlock Expression { get; set; } = null!;

    protected override void ProcessRecord()
    {
        _watch.Start();
        // In the caller's scope: what the block assigns stays assigned, as with pwsh.
        InvokeCommand.InvokeScript(useLocalScope: false, Expression, InputObject is null ? null : new[] { InputObject });
        _watch.Stop();
    }

    protected override void EndProcessing() => WriteObject(_watch.Elapsed);
}
