using System.Management.Automation;
using Microsoft.PowerShell.Commands;

namespace Containers.Shell.Cmdlets;

[Cmdlet(VerbsCommon.Select, "Object")]
public sealed class SelectObjectCommand : PSCmdlet
{
    private readonly Queue<PSObject> _last = new();
    private readonly List<PSObject> _seen = [];
    private CalculatedProperty[] _properties = [];
    private WildcardPattern[] _excluded = [];
    private int _skipped;
    private int _written;
    private int _index = -1;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    [Parameter]
    public string[] ExcludeProperty { get; set; } = [];

    [Parameter]
    public string? ExpandProperty { get; set; }

    [Parameter, ValidateRange(0, int.MaxValue)]
    public int First { get; set; } = -1;

    [Parameter, ValidateRange(0, int.MaxValue)]
    public int Last { get; set; } = -1;

    [Parameter, ValidateRange(0, int.MaxValue)]
    public int Skip { get; set; }

    [Parameter, ValidateRange(0, int.MaxValue)]
    public int SkipLast { get; set; }

    [Parameter]
    public int[]? Index { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    protected override void BeginProcessing()
    {
        object[]? names = Property ?? (ExcludeProperty.Length > 0 ? ["*"] : null);
        _properties = CalculatedProperty.Parse(this, names);
        _excluded = [.. ExcludeProperty.Select(p => WildcardPattern.Get(p, WildcardOptions.IgnoreCase))];
    }

    protected override void ProcessRecord()
    {
        if (InputObject is not { } input)
        {
            return;
        }

        _index++;
        if (Index is not null)
        {
            if (Index.Contains(_index))
            {
                Emit(input);
            }
        }
        else if (Last >= 0 || SkipLast > 0)
        {
            _last.Enqueue(input);
            if (Last >= 0 && _last.Count > Last + Skip)
            {
                Overflow();
            }
            else if (Last < 0 && _last.Count > SkipLast)
            {
                PSObject oldest = _last.Dequeue();
                if (_skipped++ >= Skip)
                {
                    Emit(oldest);
                }
            }
        }
        else if (_skipped < Skip)
        {
            _skipped++;
        }
        else if (First < 0 || _written < First)
        {
            _written++;
            Emit(input);
            if (_written == First)
            {
                StopUpstream();
            }
        }
    }

    protected override void EndProcessing()
    {
        // With -Last, -Skip counts from the end.
        for (int left = Last >= 0 ? _last.Count - Skip : 0; left > 0; left--)
        {
            Emit(_last.Dequeue());
        }
    }

    private void Overflow()
    {
        PSObject oldest = _last.Dequeue();
        if (First > _written)
        {
            _written++;
            Emit(oldest);
        }
    }

    /// <summary>Ends the cmdlets before this one, which the engine does on an exception that only it can make.</summary>
    private void StopUpstream()
    {
        if (!Unique && EngineFormatting.StopUpstream(this) is { } stop)
        {
            throw stop;
        }
    }

    private void Emit(PSObject input)
    {
        PSObject result = _properties.Length == 0 ? input : Project(input);
        if (Unique)
        {
            if (_seen.Exists(other => Same(other, result)))
            {
                return;
            }

            _seen.Add(result);
        }

        if (ExpandProperty is null)
        {
            WriteObject(result);
            return;
        }

        List<PSPropertyExpressionResult> values = new PSPropertyExpression(ExpandProperty).GetValues(input);
        if (values.Count == 0)
        {
            PSArgumentException error = new($"Property \"{ExpandProperty}\" cannot be found.");
            WriteError(new ErrorRecord(error, "ExpandPropertyNotFound", ErrorCategory.InvalidArgument, input));
        }

        foreach (PSPropertyExpressionResult value in values)
        {
            WriteObject(value.Result, enumerateCollection: true);
        }
    }

    private PSObject Project(PSObject input)
    {
        PSObject result = new();
        string type = input.TypeNames.Count > 0 ? input.TypeNames[0] : "System.Object";
        result.TypeNames.Insert(0, "Selected." + type.Replace("Selected.", "", StringComparison.Ordinal));
        foreach ((string name, object? value) in _properties.SelectMany(p => p.Values(input)))
        {
            if (result.Properties[name] is null && !_excluded.Any(e => e.IsMatch(name)))
            {
                result.Properties.Add(new PSNoteProperty(name, value));
            }
        }

        return result;
    }

    private bool Same(PSObject a, PSObject b) => _properties.Length == 0
        ? LanguagePrimitives.Equals(a, b, ignoreCase: false)
        : a.Properties.Select(p => p.Value).SequenceEqual(b.Properties.Select(p => p.Value), LooseEquality.CaseSensitive);
}
