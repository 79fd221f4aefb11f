using System.Globalization;
using System.Management.Automation;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>A date, or seconds since 1970 as SOURCE_DATE_EPOCH has them.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class EpochTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        if (value is null)
        {
            return null!;
        }

        if (long.TryParse(Conversions.Text(value), NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return DateTimeOffset.FromUnixTimeSeconds(seconds);
        }

        return value is not TimeSpan && MomentTransformationAttribute.TryConvert(inputData, value, out DateTimeOffset moment)
            ? moment.ToUniversalTime()
            : throw Conversions.Refuse(new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidTime", $"\"{Conversions.Text(inputData)}\" is no time.", inputData,
                "Give seconds since 1970, or a date such as '2026-02-28'."));
    }
}
