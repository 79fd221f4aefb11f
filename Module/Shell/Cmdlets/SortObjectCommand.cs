using System.Management.Automation;

namespace Containers.Shell.Cmdlets;

[Cmdlet("Sort", "Object")]
public sealed class SortObjectCommand : PSCmdlet
{
    private readonly List<PSObject> _objects = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    [Parameter]
    public SwitchParameter Descending { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    [Parameter]
    public SwitchParameter Stable { get; set; }

    [Parameter, ValidateRange(1, int.MaxValue)]
    public int Top { get; set; }

    protected override void ProcessRecord()
    {
        if (InputObject is not null)
        {
            _objects.Add(InputObject);
        }
    }

    protected override void EndProcessing()
    {
        CalculatedProperty[] properties = CalculatedProperty.Parse(this, Property);
        LooseEquality comparer = LooseEquality.Of(CaseSensitive);
        List<(PSObject Object, object?[] Keys)> rows =
            [.. _objects.Select(o => (o, properties.Length == 0 ? [o] : properties.Select(p => p.Value(o)).ToArray()))];

        int Order((PSObject Object, object?[] Keys) a, (PSObject Object, object?[] Keys) b)
        {
            for (int i = 0; i < a.Keys.Length; i++)
            {
                int order = comparer.Compare(a.Keys[i], b.Keys[i]);
                if (order != 0)
                {
                    bool descending = properties.Length == 0 ? Descending : properties[i].Descending ?? Descending;
                    return descending ? -order : order;
                }
            }

            return 0;
        }

        // Enumerable's order is stable; List.Sort's is not.
        IEnumerable<(PSObject Object, object?[] Keys)> sorted =
            rows.Order(Comparer<(PSObject Object, object?[] Keys)>.Create(Order));
        object?[]? previous = null;
        int written = 0;
        foreach ((PSObject value, object?[] keys) in sorted)
        {
            if (Unique && previous is not null && keys.SequenceEqual(previous, comparer))
            {
                continue;
            }

            previous = keys;
            WriteObject(value);
            if (++written == Top)
            {
                break;
            }
        }
    }
}
