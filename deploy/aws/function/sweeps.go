package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
)

// Schedules keep a job's sweeps as a schedule of EventBridge Scheduler, which
// ends by itself at the job's deadline.
type Schedules struct {
	client *scheduler.Client
	o      ScheduleOptions
}

// ScheduleOptions say what a job's schedule is made of. The Target and the Role
// are needed to Start one only.
type ScheduleOptions struct {
	Group  string
	Target string // ARN of the sweep function
	Role   string // ARN of the role that may invoke it
}

// OpenSchedules are the schedules at o, with the credentials of the AWS SDK's
// usual chain.
func OpenSchedules(ctx context.Context, o ScheduleOptions) (*Schedules, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	return &Schedules{client: scheduler.NewFromConfig(cfg), o: o}, nil
}

// Start is Sweeps'.
func (s *Schedules) Start(ctx context.Context, job string, until time.Time) error {
	input, err := json.Marshal(SweepEvent{Job: job})
	if err != nil {
		return err
	}
	_, err = s.client.CreateSchedule(ctx, &scheduler.CreateScheduleInput{
		Name: &job, GroupName: &s.o.Group,
		ScheduleExpression:    aws.String("rate(1 minute)"),
		FlexibleTimeWindow:    &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		EndDate:               &until,
		ActionAfterCompletion: types.ActionAfterCompletionDelete,
		Target: &types.Target{
			Arn: &s.o.Target, RoleArn: &s.o.Role, Input: aws.String(string(input)),
			RetryPolicy: &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(0), MaximumEventAgeInSeconds: aws.Int32(60)},
		},
	})
	if _, ok := errors.AsType[*types.ConflictException](err); ok {
		return nil
	}
	if err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	return nil
}

// Stop is Sweeps'.
func (s *Schedules) Stop(ctx context.Context, job string) error {
	_, err := s.client.DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: &job, GroupName: &s.o.Group})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		return nil
	}
	if err != nil {
		return fmt.Errorf("schedule of job %s: %w", job, err)
	}
	return nil
}
