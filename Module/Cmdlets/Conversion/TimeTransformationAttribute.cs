using System.Management.Automation;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>Lets a parameter take a TimeSpan, a number of seconds, or text such as "30s", "2m", "1h30m", "00:01:30".</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TimeTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        try
        {
            return Conversions.Unwrap(inputData) is { } value ? Durations.From(inputData, value) : null!;
        }
        catch (EngineException e)
        {
            throw Conversions.Refuse(e);
        }
    }
}
